/** {@code moelink layout}: one rank's layouts, computed and written as .npy files. */
package io.moelink.cli.layout;
