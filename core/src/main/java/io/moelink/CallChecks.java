package io.moelink;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TopK;
import java.util.Arrays;
import java.util.List;

/** What a group checks of the arguments of a call before it does anything. */
final class CallChecks {
  private final ExpertGroup group;
  private final ExpertGroupConfig config;
  private final int[] widths;

  /** What messages call the buffers of each payload. */
  private final String[] inputNames;

  private final String[] outputNames;

  CallChecks(ExpertGroup group) {
    this.group = group;
    config = group.config();
    widths = config.payloadBytes();
    inputNames = names("payload");
    outputNames = names("output");
  }

  private String[] names(String what) {
    String[] names = new String[widths.length];
    Arrays.setAll(names, payload -> what + " " + payload);
    return names;
  }

  /** That a routing is one of this group's: K, E, and not too many tokens. */
  void routing(String call, TopK topK) {
    if (topK.topK() != config.topK() || topK.experts() != config.placement().experts()) {
      throw invalid(
          call,
          "found top-%d of %d experts, expected top-%d of %d",
          topK.topK(),
          topK.experts(),
          config.topK(),
          config.placement().experts());
    }
    if (topK.tokens() > config.tokensPerRankMax()) {
      throw invalid(
          call, "found %d tokens, expected at most %d", topK.tokens(), config.tokensPerRankMax());
    }
  }

  /** That a payload of this number exists. */
  void payload(int payload) {
    if (payload < 0 || payload >= widths.length) {
      throw new InvalidInputException(
          "payload: found " + payload + ", expected 0 to " + (widths.length - 1));
    }
  }

  /** One buffer per payload. */
  void inputs(String call, List<TokenBuffer> inputs, int tokens) {
    if (inputs.size() != widths.length) {
      throw invalid(call, "found %d payloads, expected %d", inputs.size(), widths.length);
    }
    for (int payload = 0; payload < widths.length; payload++) {
      buffer(call, inputNames[payload], inputs.get(payload), payload, tokens);
    }
  }

  /** One buffer per payload, or none at all. */
  void outputs(String call, List<TokenBuffer> outputs, int rows) {
    if (outputs.isEmpty()) {
      return;
    }
    if (outputs.size() != widths.length) {
      throw invalid(call, "found %d outputs, expected %d", outputs.size(), widths.length);
    }
    for (int payload = 0; payload < widths.length; payload++) {
      buffer(call, outputNames[payload], outputs.get(payload), payload, rows);
    }
  }

  /** The same for one of each. */
  void apart(String call, TokenBuffer read, TokenBuffer written) {
    if (read == written) {
      throw readAndWritten(call);
    }
  }

  private InvalidInputException readAndWritten(String call) {
    return invalid(call, "one buffer is read and written, expected two");
  }

  /** Rows are written while others are still read: one buffer cannot be both. */
  void apart(String call, List<TokenBuffer> read, List<TokenBuffer> written) {
    for (int i = 0; i < written.size(); i++) {
      if (read.contains(written.get(i))) {
        throw readAndWritten(call);
      }
    }
  }

  /** An open buffer of this group with rows of a payload, enough of them. */
  void buffer(String call, String what, TokenBuffer buffer, int payload, int rows) {
    if (buffer.group() != group) {
      throw new MoelinkException(call + ": " + what + " is a buffer of another group");
    }
    if (buffer.isClosed()) {
      throw new MoelinkException(call + ": " + what + " is a buffer that was closed");
    }
    if (buffer.rowBytes() != widths[payload]) {
      throw invalid(
          call, "%s has rows of %d bytes, expected %d", what, buffer.rowBytes(), widths[payload]);
    }
    if (buffer.rows() < rows) {
      throw invalid(call, "%s has %d rows, expected at least %d", what, buffer.rows(), rows);
    }
  }

  private InvalidInputException invalid(String call, String format, Object... values) {
    return new InvalidInputException(
        call + " of rank " + group.rank() + ": " + format.formatted(values));
  }
}
