package io.moelink.nativestubs.abi;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.MemoryKind;
import io.moelink.nativestubs.NativeTest;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportConfig;
import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sizes, offsets and constants of the bindings against what the C compiler says. */
@NativeTest
class AbiTest {
  private static final List<Class<?>> STRUCTS =
      List.of(
          ConfigStruct.class,
          CapsStruct.class,
          AddressStruct.class,
          RegionRequestStruct.class,
          RegionInfoStruct.class,
          KeyStruct.class,
          ReceivedStruct.class,
          GatherStruct.class,
          ScatterStruct.class,
          ReduceStruct.class,
          DotStruct.class,
          ScaleStruct.class,
          ReorderStruct.class,
          FillStruct.class);

  private static final Map<String, String> STRUCT_LINES = new TreeMap<>();
  private static final Map<String, Long> CONSTANTS = new TreeMap<>();

  @BeforeAll
  static void readTable() throws IOException, InterruptedException {
    Path program = Path.of(System.getProperty("native.build"), "abi_table");
    Process table = new ProcessBuilder(program.toString()).redirectErrorStream(true).start();
    for (String line : new String(table.getInputStream().readAllBytes()).split("\n")) {
      String[] words = line.split(" ", 3);
      if (words[0].equals("struct")) {
        STRUCT_LINES.put(words[1], words[2]);
      } else {
        String[] constant = words[1].split("=");
        CONSTANTS.put(constant[0], Long.parseLong(constant[1]));
      }
    }
    assertThat(table.waitFor()).isZero();
  }

  private static String describe(GroupLayout layout) {
    List<String> words = new ArrayList<>();
    words.add("" + layout.byteSize());
    for (MemoryLayout member : layout.memberLayouts()) {
      String name = member.name().orElseThrow();
      words.add(name + "=" + layout.byteOffset(PathElement.groupElement(name)));
    }
    return String.join(" ", words);
  }

  @Test
  void everyStructIsTheSame() throws ReflectiveOperationException {
    Map<String, String> java = new TreeMap<>();
    java.put("mlk_operand", describe(Structs.OPERAND));
    java.put("mlk_rows", describe(Structs.ROWS));
    for (Class<?> struct : STRUCTS) {
      StructLayout layout = (StructLayout) struct.getDeclaredField("LAYOUT").get(null);
      java.put(layout.name().orElseThrow(), describe(layout));
    }
    assertThat(java).isEqualTo(STRUCT_LINES);
  }

  @Test
  void everyMagicIsTheSame() throws ReflectiveOperationException {
    TreeSet<Long> java = new TreeSet<>();
    for (Class<?> struct : STRUCTS) {
      java.add((long) struct.getDeclaredField("MAGIC").getInt(null));
    }
    Stream<Long> c =
        CONSTANTS.entrySet().stream()
            .filter(e -> e.getKey().startsWith("MLK_MAGIC_"))
            .map(Map.Entry::getValue);
    assertThat(c).containsExactlyInAnyOrderElementsOf(java).hasSameSizeAs(STRUCTS);
  }

  @Test
  void everyCodeIsTheSame() throws ReflectiveOperationException {
    for (Field code : Codes.class.getFields()) {
      String inC = "MLK_" + code.getName();
      Long found = CONSTANTS.getOrDefault(inC, CONSTANTS.get("MLK_E_" + code.getName()));
      assertThat(found).as(inC).isEqualTo(code.getInt(null));
    }
    long codes = CONSTANTS.keySet().stream().filter(name -> name.startsWith("MLK_E_")).count();
    // and the three that are no faults: OK, AGAIN, TIMEOUT_SLICE
    assertThat(Codes.class.getFields()).hasSize((int) codes + 3);
  }

  @Test
  void constantsAreTheSame() {
    for (ElementType type : ElementType.values()) {
      assertThat(CONSTANTS.get("MLK_" + type)).isEqualTo(type.ordinal());
    }
    for (MemoryKind kind : MemoryKind.values()) {
      assertThat(CONSTANTS.get("MLK_MEM_" + kind)).isEqualTo(kind.ordinal());
    }
    assertThat(CONSTANTS)
        .containsEntry("MLK_ABI_VERSION", (long) Fabric.ABI_VERSION)
        .containsEntry("MLK_HOST", Structs.HOST)
        .containsEntry("MLK_ANY_RANK", -1L)
        .containsEntry("MLK_CAP_REMOTE_LOADS", (long) CapsStruct.REMOTE_LOADS)
        .containsEntry("MLK_CAP_DEVICE_MEMORY", (long) CapsStruct.DEVICE_MEMORY)
        .containsEntry("MLK_REGION_POPULATE", (long) RegionRequestStruct.POPULATE)
        .containsEntry("MLK_ADDRESS_BYTES", AddressStruct.LAYOUT.byteSize())
        .containsEntry("MLK_KEY_BYTES", KeyStruct.LAYOUT.byteSize())
        .containsEntry("MLK_KEY_BYTES", (long) TransportChecks.KEY_BYTES_MAX)
        .containsEntry("MLK_REGION_BYTES_MAX", TransportChecks.REGION_BYTES_MAX)
        .containsEntry("MLK_SIGNALS_MAX", (long) TransportConfig.SIGNAL_COUNT_MAX);
  }
}
