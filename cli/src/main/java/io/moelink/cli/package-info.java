/** CLI. */
package io.moelink.cli;
