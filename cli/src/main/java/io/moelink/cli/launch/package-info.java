/**
 * {@code moelink launch}: a command as ranks of this host. {@link
 * io.moelink.cli.launch.LaunchCommand} is the command line, a {@code LocalJob} the processes,
 * {@link io.moelink.cli.launch.LauncherWatch} what a rank does when the launcher is gone.
 */
package io.moelink.cli.launch;
