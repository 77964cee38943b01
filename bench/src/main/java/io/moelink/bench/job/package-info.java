/** What every contestant of a comparison gets, and what its rows must come to. */
package io.moelink.bench.job;
