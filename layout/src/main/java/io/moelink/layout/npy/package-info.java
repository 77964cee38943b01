/**
 * NumPy's .npy files: {@link io.moelink.layout.npy.NpyFile} reads, maps and writes them, {@link
 * io.moelink.layout.npy.NpyArray} is the array in memory. Little endian and C order only; a file
 * that is anything else is refused with one line that says what was found.
 */
package io.moelink.layout.npy;
