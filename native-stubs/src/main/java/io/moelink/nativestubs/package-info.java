/** Bindings of the C interface of a fabric and the transports that run on it. */
package io.moelink.nativestubs;
