/** {@code moelink exchange}: dispatch and combine of given routing, timed and verified. */
package io.moelink.cli.exchange;
