package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.routing.TopK;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Handles and buffers used as they may be, and as they may not: with the texts. */
class MisuseTest {
  private final ExpertGroupConfig config =
      Samples.config("ubbv2-1node", "hierarchical").extraPayloadBytes(3).build();
  private final TopK[] routing = Samples.routing(config, Samples.SEED, 20);

  private static void refused(ThrowingCallable call, String text) {
    assertThatThrownBy(call).isInstanceOf(MoelinkException.class).hasMessage(text);
  }

  private static void invalid(ThrowingCallable call, String text) {
    assertThatThrownBy(call).isInstanceOf(InvalidInputException.class).hasMessage(text);
  }

  private List<TokenBuffer> inputs(ExpertGroup group) {
    int tokens = routing[group.rank()].tokens();
    return List.of(Samples.input(group, tokens), group.allocatePayload(1, tokens));
  }

  private Dispatched dispatch(ExpertGroup group) {
    return group.dispatchAsync(inputs(group), routing[group.rank()], List.of()).await();
  }

  @Test
  void aHandleServesManyDispatchesOfOtherRows() throws Exception {
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          Handle handle = group.plan(own);
          ExpectedRows expected = new ExpectedRows(config, routing, group.rank());
          for (long seed = 1; seed <= 5; seed++) {
            List<TokenBuffer> x =
                List.of(
                    Samples.input(group, own.tokens(), seed),
                    group.allocatePayload(1, own.tokens()));
            Dispatched d = group.dispatch(handle, x, List.of());
            assertThat(d.handle()).isSameAs(handle);
            for (ExpectedRows.Entry entry : expected.entries) {
              assertThat(Samples.values(config, d.rows().row(entry.row())))
                  .isEqualTo(Samples.row(config, entry.source(), entry.token(), seed));
            }
            d.payloads().forEach(TokenBuffer::close);
          }
          handle.close();
          handle.close();
          refused(
              () -> group.dispatch(handle, inputs(group), List.of()),
              "dispatch: the handle is closed");
          return null;
        });
  }

  @Test
  void handlesThatDoNotFit() throws Exception {
    Handle[] foreign = new Handle[8];
    Ranks.run(
        config,
        group -> {
          foreign[group.rank()] = group.plan(routing[group.rank()]);
          return null;
        });
    Ranks.run(
        config,
        group -> {
          Handle other = foreign[group.rank()];
          TokenBuffer out = group.allocateTokens(64);
          refused(
              () -> group.dispatch(other, inputs(group), List.of()),
              "dispatch: the handle belongs to another group");
          refused(
              () -> group.combine(other, out, out), "combine: the handle belongs to another group");
          Handle planned = group.plan(routing[group.rank()]);
          refused(
              () -> group.combine(planned, out, out),
              "combine before dispatch: nothing was dispatched with the handle");
          refused(
              () -> group.dispatchBackward(planned, out, out),
              "dispatchBackward before dispatch: nothing was dispatched with the handle");
          refused(
              () -> group.combineBackward(planned, out, out),
              "combineBackward before dispatch: nothing was dispatched with the handle");
          planned.close();
          refused(() -> group.combine(planned, out, out), "combine: the handle is closed");
          return null;
        });
  }

  @Test
  void buffersThatDoNotFit() throws Exception {
    TokenBuffer[] foreign = new TokenBuffer[8];
    Ranks.run(
        config,
        group -> {
          foreign[group.rank()] = group.allocateTokens(64);
          return null;
        });
    Ranks.run(
        config,
        group -> {
          int rank = group.rank();
          TopK own = routing[rank];
          int tokens = own.tokens();
          Dispatched d = dispatch(group);
          Handle handle = d.handle();
          TokenBuffer out = group.allocateTokens(tokens);
          TokenBuffer scales = group.allocatePayload(1, 64);
          refused(
              () -> group.combine(handle, d.rows(), foreign[rank]),
              "combine: out is a buffer of another group");
          refused(
              () -> group.dispatch(handle, List.of(foreign[rank], scales), List.of()),
              "dispatch: payload 0 is a buffer of another group");
          invalid(
              () -> group.combine(handle, scales, out),
              "combine of rank %d: rows has rows of 3 bytes, expected 64".formatted(rank));
          invalid(
              () -> group.dispatch(handle, List.of(scales, scales), List.of()),
              "dispatch of rank %d: payload 0 has rows of 3 bytes, expected 64".formatted(rank));
          invalid(
              () -> group.dispatch(handle, List.of(out), List.of()),
              "dispatch of rank %d: found 1 payloads, expected 2".formatted(rank));
          invalid(
              () -> group.dispatch(handle, inputs(group), List.of(out)),
              "dispatch of rank %d: found 1 outputs, expected 2".formatted(rank));
          invalid(
              () -> group.dispatchAsync(inputs(group), own, List.of(out)),
              "dispatch of rank %d: found 1 outputs, expected 2".formatted(rank));
          if (handle.rowCount() > 0) {
            TokenBuffer small = group.allocateTokens(handle.rowCount() - 1);
            String has = " has %d rows, expected at least %d";
            String counts = has.formatted(handle.rowCount() - 1, handle.rowCount());
            invalid(
                () -> group.combine(handle, small, out),
                "combine of rank " + rank + ": rows" + counts);
            invalid(
                () -> group.dispatch(handle, inputs(group), List.of(small, scales)),
                "dispatch of rank " + rank + ": output 0" + counts);
          }
          TokenBuffer gone = group.allocateTokens(tokens);
          gone.close();
          gone.close();
          refused(
              () -> group.combine(handle, d.rows(), gone),
              "combine: out is a buffer that was closed");
          refused(gone::segment, "a token buffer was used after it was closed");
          invalid(
              () -> out.copyFrom(ByteBuffer.allocateDirect(tokens * 64 + 1)),
              "rows: found %d bytes, expected %d (%d rows of 64 bytes)"
                  .formatted(tokens * 64 + 1, tokens * 64, tokens));
          invalid(() -> group.allocatePayload(2, 1), "payload: found 2, expected 0 to 1");
          invalid(() -> group.allocateTokens(-1), "rows to allocate: found -1, expected 0 or more");
          // nothing of it was done: the group still works
          group.combine(handle, d.rows(), out);
          OutputOrderTest.checkSums(config, own, rank, out);
          return null;
        });
  }

  @Test
  void routingThatDoesNotFit() throws Exception {
    ExpertGroupConfig one = Samples.config("flat-1", "direct").tokensPerRankMax(3).build();
    Ranks.run(
        one,
        group -> {
          TokenBuffer x = group.allocateTokens(4);
          invalid(
              () -> group.dispatch(x, TopK.of(new int[16], null, 4, 4, 24)),
              "rank 0, token 0: expert 0 named twice, in slots 0 and 1");
          int[] none = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
          invalid(
              () -> group.dispatch(x, TopK.of(none, null, 4, 4, 24)),
              "dispatch of rank 0: found 4 tokens, expected at most 3");
          invalid(
              () -> group.dispatch(x, TopK.of(new int[0], null, 0, 3, 24)),
              "dispatch of rank 0: found top-3 of 24 experts, expected top-4 of 24");
          invalid(
              () -> group.plan(TopK.of(new int[0], null, 0, 4, 25)),
              "plan of rank 0: found top-4 of 25 experts, expected top-4 of 24");
          return null;
        });
  }

  @Test
  void twoInFlightAndNoThird() throws Exception {
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          List<TokenBuffer> x = inputs(group);
          PendingDispatch first = group.dispatchAsync(x, own, List.of());
          PendingDispatch second = group.dispatchAsync(x, own, List.of());
          refused(
              () -> group.dispatchAsync(x, own, List.of()),
              "dispatch: 2 dispatches are in flight; await the first one first");
          refused(second::await, "await: dispatches are awaited in the order of posting");
          refused(() -> group.plan(own), "plan: 2 dispatches are in flight; await them first");
          Dispatched d = first.await();
          assertThat(first.await()).isSameAs(d);
          String one = ": 1 dispatches are in flight; await them first";
          TokenBuffer out = group.allocateTokens(own.tokens());
          refused(() -> group.combine(d.handle(), d.rows(), out), "combine" + one);
          refused(() -> group.dispatch(d.handle(), x, List.of()), "dispatch" + one);
          PendingDispatch third = group.dispatchAsync(x, own, List.of());
          Dispatched e = second.await();
          Dispatched f = third.await();
          assertThat(Samples.bytes(e.rows())).isEqualTo(Samples.bytes(d.rows()));
          assertThat(Samples.bytes(f.rows())).isEqualTo(Samples.bytes(d.rows()));
          group.combine(e.handle(), e.rows(), out);
          OutputOrderTest.checkSums(config, own, group.rank(), out);
          return null;
        });
  }

  /** The time between post and await is the caller's, however long. */
  @Test
  void awaitHasTheWholeTimeout() throws Exception {
    ExpertGroupConfig brief =
        Samples.config("ubbv2-2node", "hierarchical").timeout(Duration.ofMillis(1500)).build();
    TopK[] own = Samples.routing(brief, Samples.SEED, 20);
    Ranks.run(
        brief,
        group -> {
          TokenBuffer x = Samples.input(group, own[group.rank()].tokens());
          PendingDispatch pending = group.dispatchAsync(x, own[group.rank()]);
          Thread.sleep(1700);
          assertThat(pending.await().handle().tokens()).isEqualTo(x.rows());
          return null;
        });
  }

  @Test
  void aClosedGroup() throws Exception {
    Ranks.run(
        config,
        group -> {
          TopK own = routing[group.rank()];
          List<TokenBuffer> x = inputs(group);
          PendingDispatch pending = group.dispatchAsync(x, own, List.of());
          Dispatched d = pending.await();
          PendingDispatch left = group.dispatchAsync(x, own, List.of());
          group.allocateTokens(1).close();
          left.await();
          group.close();
          group.close();
          refused(() -> group.dispatchAsync(x, own, List.of()), "dispatch: the group is closed");
          refused(() -> group.plan(own), "plan: the group is closed");
          refused(() -> group.allocateTokens(1), "allocate: the group is closed");
          refused(
              () -> group.combine(d.handle(), d.rows(), x.getFirst()),
              "combine: the group is closed");
          d.handle().close();
          x.forEach(TokenBuffer::close);
          return null;
        });
  }
}
