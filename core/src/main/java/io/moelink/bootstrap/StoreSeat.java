package io.moelink.bootstrap;

import java.io.IOException;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A remote rank's seat at the store's meeting. One thread receives what the rank sends, so that its
 * death is seen at any time; another waits in the meeting for it and answers.
 */
final class StoreSeat {
  private final int rank;
  private final Wire wire;
  private final Meeting meeting;
  private final Refusals refusals;
  private final Executor threads;
  // held while an answer is sent
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition answered = lock.newCondition();
  private boolean inCall;

  /** Whether the rank has said a word: it knows that it was admitted. */
  private final CompletableFuture<Boolean> taken = new CompletableFuture<>();

  /** Where the rank sits now: at the meeting of those that are left, after some were lost. */
  private volatile Meeting.Seat seat;

  /**
   * A seat that is not taken yet.
   *
   * @param refusals what a rank hears of when the job does not come up; null where rank 0, who
   *     holds the store, says it
   */
  StoreSeat(int rank, Wire wire, Meeting meeting, Refusals refusals, Executor threads) {
    this.refusals = refusals;
    this.rank = rank;
    this.wire = wire;
    this.meeting = meeting;
    this.threads = threads;
    seat = new Meeting.Seat(meeting, rank, null);
  }

  /**
   * Receives until the rank closes or is lost. One that goes before its first word has not heard
   * that it was admitted and will come again: that is no loss.
   */
  void receive() {
    try (wire) {
      while (true) {
        Wire.Received message = wire.receive();
        if (message.type() == Message.BYE) {
          meeting.leave(rank);
          return;
        }
        if (message.type() != Message.ENTER || !startCall()) {
          throw new ProtocolException("message %d out of place".formatted(message.type()));
        }
        Message.Enter enter = Message.Enter.of(message.payload());
        taken.complete(true);
        threads.execute(() -> answer(meet(enter)));
      }
    } catch (IOException | RejectedExecutionException e) {
      // also when the store itself closes: the meeting is broken by then, and this changes nothing
      if (wasTaken() || e instanceof ProtocolException) {
        meeting.lose(rank, Meeting.LOST);
      }
    } finally {
      taken.complete(false);
    }
  }

  /** Whether the rank has taken the seat by now. */
  boolean wasTaken() {
    return taken.getNow(false);
  }

  /**
   * Whether the rank took the seat; waits for its first word or its going.
   *
   * @throws IOException if it does neither in time
   */
  boolean isTaken(Duration timeout) throws IOException {
    try {
      return taken.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("rank " + rank + " is silent", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private List<Wire.Received> meet(Message.Enter enter) {
    String call = enter.call().toString();
    List<Wire.Received> answer = new ArrayList<>();
    try {
      Meeting.Seat at = seat;
      Duration timeout = Duration.ofNanos(enter.nanos());
      if (enter.call() == Message.Call.SURVIVORS) {
        seat = at.meeting().goOn(at.rank(), timeout);
        answer.add(new Wire.Received(Message.COMPLETE, Message.NOTHING));
        answer.add(new Wire.Received(Message.ITEM, Message.ranks(seat.formerRanks())));
        return answer;
      }
      byte[][] all = at.meeting().meet(call, at.rank(), enter.given(), timeout);
      answer.add(new Wire.Received(Message.COMPLETE, Message.NOTHING));
      if (enter.call() == Message.Call.ALL_GATHER) {
        for (byte[] item : all) {
          answer.add(new Wire.Received(Message.ITEM, item));
        }
      }
    } catch (BootstrapException e) {
      boolean joining = refusals != null && enter.call() == Message.Call.JOIN;
      BootstrapException told =
          joining ? new BootstrapException(e.rank(), e.getMessage() + refusals.summary(), e) : e;
      answer.add(new Wire.Received(Message.FAILED, Message.failed(told)));
    }
    return answer;
  }

  private void answer(List<Wire.Received> answer) {
    lock.lock();
    try {
      for (Wire.Received message : answer) {
        wire.send(message.type(), message.payload());
      }
      wire.flush();
    } catch (IOException e) {
      meeting.lose(rank, Meeting.LOST);
      wire.close();
    } finally {
      inCall = false;
      answered.signalAll();
      lock.unlock();
    }
  }

  /** Whether the rank may enter: its last call has been answered. */
  private boolean startCall() {
    lock.lock();
    try {
      boolean free = !inCall;
      inCall = true;
      return free;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends the answer that is due and says goodbye; then ends the connection, and at the deadline in
   * any case.
   */
  void close(long deadlineNanos) {
    try (wire;
        Deadline deadline = Deadline.of(deadlineNanos - System.nanoTime(), wire.channel())) {
      lock.lock();
      try {
        long nanosLeft = deadlineNanos - System.nanoTime();
        while (inCall && nanosLeft > 0) {
          nanosLeft = answered.awaitNanos(nanosLeft);
        }
        if (!deadline.passed()) {
          wire.send(Message.BYE, Message.NOTHING);
          wire.flush();
        }
      } finally {
        lock.unlock();
      }
    } catch (IOException e) {
      // a rank that is gone already does not hear the goodbye
      meeting.lose(rank, Meeting.LOST);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
