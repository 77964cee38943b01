package io.moelink.nativestubs.abi;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.nativestubs.NativeTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every function of the bindings with arguments that are wrong: a code and a text, never a crash.
 * What each check of C says is for the tests in C; these find a function that is bound wrongly.
 */
@NativeTest
class BadCallsTest {
  /** Nothing can be wrong about their arguments. */
  private static final Set<String> WITHOUT_MISTAKES =
      Set.of("close", "progress", "probe", "abiVersion", "lastError", "activityWait");

  private final Arena arena = Arena.ofConfined();
  private Fabric fabric;
  private long open;

  record Call(Object target, Method method) {
    @Override
    public String toString() {
      return target.getClass().getSimpleName() + "." + method.getName();
    }
  }

  static Stream<Call> calls() {
    Fabric fabric = ((NativeLibrary.Loaded) NativeLibraries.shm()).fabric();
    List<Call> calls = new ArrayList<>();
    for (Object target :
        List.of(
            fabric.life(),
            fabric.regions(),
            fabric.transfers(),
            fabric.waits(),
            fabric.messages(),
            fabric.kernels())) {
      for (Method method : target.getClass().getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers())) {
          calls.add(new Call(target, method));
        }
      }
    }
    return calls.stream();
  }

  @BeforeEach
  void openContext() {
    fabric = ((NativeLibrary.Loaded) NativeLibraries.shm()).fabric();
    open = open();
    MemorySegment address = AddressStruct.allocate(arena);
    assertThat(fabric.life().addressGet(open, address)).isEqualTo(Codes.OK);
    assertThat(fabric.life().connect(open, address, address.byteSize(), 1)).isEqualTo(Codes.OK);
  }

  private long open() {
    MemorySegment config = ConfigStruct.allocate(arena);
    config.set(ValueLayout.JAVA_INT, ConfigStruct.RANK_COUNT, 1);
    config.set(ValueLayout.JAVA_INT, ConfigStruct.SIGNAL_COUNT, 8);
    config.set(ValueLayout.JAVA_INT, ConfigStruct.COMPUTE_UNITS, 1);
    config.set(ValueLayout.JAVA_LONG, ConfigStruct.TIMEOUT_NS, 1_000_000_000);
    MemorySegment ctx = arena.allocate(ValueLayout.JAVA_LONG);
    assertThat(fabric.life().open(config, ctx)).isEqualTo(Codes.OK);
    return ctx.get(ValueLayout.JAVA_LONG, 0);
  }

  @AfterEach
  void close() {
    assertThat(fabric.life().close(open)).isEqualTo(Codes.OK);
    arena.close();
  }

  @Test
  void everyFunctionOfTheHeaderIsBound() {
    // 11 of life, 6 of regions, 11 of transfers, 5 of waits, 4 of messages, 1 + 7 * 2 of kernels
    assertThat(calls().count() - 1 + Kernel.values().length * 2)
        .isEqualTo(11 + 6 + 11 + 5 + 4 + 15);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void nullPointersUnknownHandlesAndRanks(Call call) throws ReflectiveOperationException {
    if (WITHOUT_MISTAKES.contains(call.method.getName())) {
      return;
    }
    for (Kernel kernel : Kernel.values()) {
      expectRefusal(call, open, kernel, MemorySegment.NULL, 0x7777, -7);
      expectRefusal(call, open, kernel, MemorySegment.NULL, -1, Integer.MAX_VALUE);
      if (!call.method.getName().equals("call")) {
        return;
      }
      expectRefusal(call, KernelCalls.NO_CONTEXT, kernel, MemorySegment.NULL, 0, 0);
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void structsWithoutSizeAndMagic(Call call) throws ReflectiveOperationException {
    MemorySegment zeros = arena.allocate(1024, 16);
    boolean struct =
        List.of(call.method.getParameterTypes()).contains(MemorySegment.class)
            && !List.of(
                    "failedRank",
                    "loads",
                    "regionRegister",
                    "signalRead",
                    "activity",
                    "lastError",
                    "isa",
                    "abort")
                .contains(call.method.getName());
    if (struct) {
      for (Kernel kernel : Kernel.values()) {
        expectRefusal(call, open, kernel, zeros, 0, 0);
        if (call.method.getName().equals("call")) {
          expectRefusal(call, KernelCalls.NO_CONTEXT, kernel, zeros, 0, 0);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void contextsThatAreClosedOrNeverWere(Call call) throws ReflectiveOperationException {
    List<String> without = List.of("open", "probe", "abiVersion", "lastError", "isa");
    if (without.contains(call.method.getName())) {
      return;
    }
    long closed = open();
    assertThat(fabric.life().close(closed)).isEqualTo(Codes.OK);
    MemorySegment memory = arena.allocate(1024, 16);
    for (long ctx : new long[] {closed, 12345, -1, Long.MIN_VALUE}) {
      assertThat(invoke(call, ctx, Kernel.FILL, memory, 0, 0)).isEqualTo(Codes.CLOSED);
      assertThat(fabric.lastError()).contains("context");
    }
  }

  private void expectRefusal(
      Call call, long ctx, Kernel kernel, MemorySegment pointer, long number, int rank)
      throws ReflectiveOperationException {
    int code = invoke(call, ctx, kernel, pointer, number, rank);
    assertThat(code).as("%s of %s", call, kernel).isLessThan(Codes.OK);
    assertThat(fabric.lastError()).as("%s", call).matches("(mlk|spc)_[a-z_]+: .+");
  }

  /** Calls a function: its first number is the context, the others are what is given. */
  private int invoke(
      Call call, long ctx, Kernel kernel, MemorySegment pointer, long number, int rank)
      throws ReflectiveOperationException {
    Class<?>[] types = call.method.getParameterTypes();
    Object[] arguments = new Object[types.length];
    boolean first = !call.method.getName().equals("isa");
    for (int i = 0; i < types.length; i++) {
      if (types[i] == long.class) {
        arguments[i] = first ? ctx : number;
        first = false;
      } else if (types[i] == int.class) {
        arguments[i] = rank;
      } else {
        arguments[i] = types[i] == Kernel.class ? kernel : pointer;
      }
    }
    return (int) call.method.invoke(call.target, arguments);
  }
}
