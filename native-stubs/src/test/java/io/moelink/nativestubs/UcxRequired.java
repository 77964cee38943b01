package io.moelink.nativestubs;

import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.abi.NativeLibrary;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Leaves out a test class where UCX is not there. */
final class UcxRequired implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (NativeLibraries.ucx() instanceof NativeLibrary.Missing missing) {
      String reason = "no ucx transport: %s; %s".formatted(missing.why(), missing.whatToDo());
      System.out.println(reason);
      return ConditionEvaluationResult.disabled(reason);
    }
    return ConditionEvaluationResult.enabled("UCX is there");
  }
}
