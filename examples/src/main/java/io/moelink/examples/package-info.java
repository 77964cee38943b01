/** What a training runtime writes: short programs that the tests run. */
package io.moelink.examples;
