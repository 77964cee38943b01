package io.moelink.nativestubs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Sizes and offsets in Java are those that a C program prints. */
class FabricLayoutsTest {
  private static final List<StructLayout> LAYOUTS =
      List.of(
          FabricLayouts.OPERAND,
          FabricLayouts.ROWS,
          FabricLayouts.CONFIG,
          FabricLayouts.CAPS,
          FabricLayouts.ADDRESS,
          FabricLayouts.REGION_REQUEST,
          FabricLayouts.REGION_INFO,
          FabricLayouts.KEY,
          FabricLayouts.RECEIVED,
          FabricLayouts.GATHER,
          FabricLayouts.SCATTER,
          FabricLayouts.REDUCE,
          FabricLayouts.DOT,
          FabricLayouts.SCALE,
          FabricLayouts.REORDER,
          FabricLayouts.FILL);

  @Test
  void structsAreThoseOfTheHeader() throws IOException, InterruptedException {
    Process program =
        new ProcessBuilder(Path.of("target/native/abi_table").toString())
            .redirectErrorStream(true)
            .start();
    String printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(program.waitFor()).isZero();
    Map<String, String> header = new TreeMap<>();
    printed
        .lines()
        .filter(line -> line.startsWith("struct "))
        .forEach(line -> header.put(line.split(" ")[1], line));
    Map<String, String> java = new TreeMap<>();
    for (StructLayout layout : LAYOUTS) {
      java.put(layout.name().orElseThrow(), describe(layout));
    }
    assertThat(java).isEqualTo(header);
  }

  private static String describe(StructLayout layout) {
    StringBuilder line =
        new StringBuilder("struct " + layout.name().orElseThrow() + " " + layout.byteSize());
    for (MemoryLayout field : layout.memberLayouts()) {
      String name = field.name().orElseThrow();
      line.append(' ').append(name).append('=').append(FabricLayouts.offset(layout, name));
    }
    return line.toString();
  }
}
