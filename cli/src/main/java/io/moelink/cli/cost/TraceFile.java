package io.moelink.cli.cost;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.SimulationResult;
import io.moelink.layout.cost.StepKind;
import io.moelink.layout.cost.Timeline;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.Step;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * A timeline in the trace event format of Chrome, which Perfetto reads too: a process for each
 * rank, complete events in microseconds; combine begins where dispatch ended. Steps that overlap
 * are on different threads, since events of one thread may not cross.
 */
final class TraceFile {
  private TraceFile() {}

  static void write(Path file, Simulated result) {
    try (Writer writer = Files.newBufferedWriter(file);
        JsonGenerator json = JsonMapper.shared().createGenerator(writer)) {
      json.writeStartObject();
      json.writeStringProperty("displayTimeUnit", "ms");
      json.writeName("traceEvents");
      json.writeStartArray();
      for (int rank = 0; rank < result.dispatch().timeline().plan().rankCount(); rank++) {
        process(json, rank);
        steps(json, rank, result.dispatch(), 0);
        steps(json, rank, result.combine(), result.dispatch().seconds());
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new InvalidInputException(
          "--trace: found %s, which cannot be written (%s), expected a path that can"
              .formatted(file, e.getClass().getSimpleName()),
          e);
    }
  }

  private static void process(JsonGenerator json, int rank) {
    json.writeStartObject();
    json.writeStringProperty("name", "process_name");
    json.writeStringProperty("ph", "M");
    json.writeNumberProperty("pid", rank);
    json.writeName("args");
    json.writeStartObject();
    json.writeStringProperty("name", "rank " + rank);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void steps(JsonGenerator json, int rank, SimulationResult result, double from) {
    Timeline times = result.timeline();
    List<Step> steps = times.plan().steps(rank);
    List<Integer> order =
        IntStream.range(0, steps.size())
            .filter(i -> times.end(rank, i) > times.start(rank, i))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> times.start(rank, i)))
            .toList();
    List<Double> busyUntil = new ArrayList<>();
    for (int i : order) {
      double start = times.start(rank, i);
      int thread = 0;
      while (thread < busyUntil.size() && busyUntil.get(thread) > start) {
        thread++;
      }
      if (thread == busyUntil.size()) {
        busyUntil.add(0.0);
      }
      busyUntil.set(thread, times.end(rank, i));
      Step step = steps.get(i);
      json.writeStartObject();
      json.writeStringProperty(
          "name", StepKind.of(step).label() + " " + Buffer.names(step.writes()));
      json.writeStringProperty("cat", result.plan());
      json.writeStringProperty("ph", "X");
      json.writeNumberProperty("ts", (from + start) * 1e6);
      json.writeNumberProperty("dur", (times.end(rank, i) - start) * 1e6);
      json.writeNumberProperty("pid", rank);
      json.writeNumberProperty("tid", thread);
      json.writeName("args");
      json.writeStartObject();
      json.writeStringProperty("reads", step.reads().getFirst().toString());
      json.writeNumberProperty("ready_us", (from + times.ready(rank, i)) * 1e6);
      json.writeEndObject();
      json.writeEndObject();
    }
  }
}
