package io.moelink;

import jdk.jfr.Category;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * Flight Recorder: one dispatch of one rank, or one backward of combine; from posting to the end.
 */
@Name("moelink.Dispatch")
@Label("Dispatch")
@Category("moelink")
@StackTrace(false)
final class DispatchEvent extends OperationEvent {}
