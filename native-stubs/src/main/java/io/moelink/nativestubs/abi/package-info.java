/**
 * The C interface {@code moelink_fabric.h}, function by function and struct by struct, and how its
 * libraries are found. Nothing here knows transports: the methods take and return what C takes and
 * returns, codes included.
 */
package io.moelink.nativestubs.abi;
