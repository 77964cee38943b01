/**
 * The command line. {@link io.moelink.cli.Main} holds the root command, the exit codes and the one
 * line that an error is; every subcommand has a package of its own.
 */
package io.moelink.cli;
