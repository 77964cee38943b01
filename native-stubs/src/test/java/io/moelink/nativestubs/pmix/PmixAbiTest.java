package io.moelink.nativestubs.pmix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The structs bound by hand against the header, where it is: {@code apt-get install libpmix-dev}.
 */
@Tag("native")
class PmixAbiTest {
  private static final Path SOURCE = Path.of("src/test/c/pmix_table.c").toAbsolutePath();

  @TempDir Path folder;

  private static String run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static long offset(MemoryLayout struct, String field) {
    return struct.byteOffset(PathElement.groupElement(field));
  }

  @Test
  void structsAndConstantsAreThoseOfTheHeader() throws Exception {
    Path include =
        Stream.of(
                "/usr/lib/x86_64-linux-gnu/pmix2/include",
                "/usr/lib/aarch64-linux-gnu/pmix2/include")
            .map(Path::of)
            .filter(there -> Files.exists(there.resolve("pmix_common.h")))
            .findFirst()
            .orElse(null);
    assumeTrue(include != null, "no pmix_common.h here: apt-get install -y libpmix-dev");
    String program = folder.resolve("pmix_table").toString();
    run(List.of("gcc", "-isystem", include.toString(), "-o", program, SOURCE.toString()));
    Map<String, String> c = new TreeMap<>();
    for (String line : run(List.of(program)).split("\n")) {
      String[] words = line.split("=", 2);
      c.put(words[0], words[1]);
    }
    Map<String, Object> java = new TreeMap<>();
    java.put("sizeof proc", PmixStructs.PROC.byteSize());
    java.put("proc.rank", offset(PmixStructs.PROC, "rank"));
    java.put("sizeof value", PmixStructs.VALUE.byteSize());
    java.put("value.data", offset(PmixStructs.VALUE, "data"));
    java.put("sizeof byte object", PmixStructs.BYTE_OBJECT.byteSize());
    java.put("byte object.size", offset(PmixStructs.BYTE_OBJECT, "size"));
    java.put("sizeof info", PmixStructs.INFO.byteSize());
    java.put("info.flags", offset(PmixStructs.INFO, "flags"));
    java.put("info.value", offset(PmixStructs.INFO, "value"));
    java.put("sizeof scope", ValueLayout.JAVA_BYTE.byteSize());
    java.put("sizeof type", ValueLayout.JAVA_SHORT.byteSize());
    java.put("SUCCESS", PmixStructs.SUCCESS);
    java.put("PARTIAL_SUCCESS", PmixStructs.PARTIAL_SUCCESS);
    java.put("TIMEOUT", PmixStructs.TIMEOUT);
    java.put("INVALID_ARG", PmixStructs.INVALID_ARG);
    java.put("NOT_FOUND", PmixStructs.NOT_FOUND);
    java.put("RANK_WILDCARD", PmixStructs.RANK_WILDCARD);
    java.put("SCOPE_GLOBAL", PmixStructs.SCOPE_GLOBAL);
    java.put("TYPE_BOOL", PmixStructs.TYPE_BOOL);
    java.put("TYPE_INT", PmixStructs.TYPE_INT);
    java.put("TYPE_UINT32", PmixStructs.TYPE_UINT32);
    java.put("TYPE_BYTE_OBJECT", PmixStructs.TYPE_BYTE_OBJECT);
    java.put("JOB_SIZE", PmixStructs.JOB_SIZE);
    java.put("COLLECT_DATA", PmixStructs.COLLECT_DATA);
    java.put("TIMEOUT_SECONDS", PmixStructs.TIMEOUT_SECONDS);
    java.put("IMMEDIATE", PmixStructs.IMMEDIATE);
    Map<String, String> text = new TreeMap<>();
    java.forEach((name, value) -> text.put(name, value.toString()));
    assertThat(text).isEqualTo(c);
  }
}
