/**
 * The report of the cost model: one page for people, which needs no network. {@link
 * io.moelink.cli.report.ReportCommand} simulates, the classes beside it turn results into the data
 * of the page, and {@code report.html}, {@code report.css} and {@code report.js} among the
 * resources show them, with a plotting library that the build fetches and the page carries.
 */
package io.moelink.cli.report;
