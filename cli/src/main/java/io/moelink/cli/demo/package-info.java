/** {@code moelink demo}: the main job on real text, checked against a layer without a group. */
package io.moelink.cli.demo;
