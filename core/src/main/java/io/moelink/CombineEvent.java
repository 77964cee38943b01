package io.moelink;

import jdk.jfr.Category;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one combine of one rank, or one backward of dispatch. */
@Name("moelink.Combine")
@Label("Combine")
@Category("moelink")
@StackTrace(false)
final class CombineEvent extends OperationEvent {}
