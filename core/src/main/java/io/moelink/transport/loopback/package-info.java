/**
 * The transport whose ranks are threads of one process: pure Java, no native library, any operating
 * system. A put is a copy, a signal a store and an unpark. It is not exported; {@link
 * io.moelink.transport.Transports} finds it by the name {@code loopback}.
 */
package io.moelink.transport.loopback;
