package io.moelink.bootstrap;

import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where the ranks of a job meet: a port of rank 0 or of the launcher, on the address asked for and
 * no other. Whoever connects has a few seconds to prove that it knows the job's secret, and costs a
 * virtual thread and some hundred bytes until then; when too many try at once, the one that has
 * tried longest has to go, since a rank is quick. A stranger can therefore delay a rank, which
 * tries again, but not keep it out, and cannot reach the meeting.
 */
final class TcpStore implements AutoCloseable {
  /** Most connections that have not proved anything yet. */
  static final int STRANGERS_MAX = 256;

  /** How long a connection may take to prove that it knows the secret. */
  static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(5);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int BACKLOG = 1024;

  private final JobEnvironment job;
  private final Meeting meeting;
  private final ServerSocketChannel listener;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(
          Thread.ofVirtual().name("moelink-bootstrap-store-", 0).factory());
  private final Refusals refusals;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<SocketChannel> knocking = new LinkedHashSet<>();
  private final StoreSeat[] seats;
  private boolean closed;

  private TcpStore(JobEnvironment job, ServerSocketChannel listener) {
    this.job = job;
    this.listener = listener;
    meeting = new Meeting(job.size());
    seats = new StoreSeat[job.size()];
    refusals = new Refusals(job.place(), System.err::println);
    threads.execute(this::accept);
  }

  /**
   * Listens.
   *
   * @throws InvalidInputException if MASTER_ADDR is no address of this host
   * @throws BootstrapException if the port is taken
   */
  static TcpStore open(JobEnvironment job) {
    IOException failure = null;
    for (InetAddress address : addresses(job)) {
      try {
        return new TcpStore(job, listen(new InetSocketAddress(address, job.port())));
      } catch (IOException e) {
        failure = e;
      }
    }
    throw new BootstrapException(
        job.rank(),
        "%s: %s cannot listen at %s: %s"
            .formatted(Message.Call.JOIN, job.self(), job.place(), failure.getMessage()),
        failure);
  }

  private static ServerSocketChannel listen(InetSocketAddress at) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    try {
      return listener.bind(at, BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
  }

  private static List<InetAddress> addresses(JobEnvironment job) {
    List<InetAddress> here = new ArrayList<>();
    try {
      for (InetAddress address : InetAddress.getAllByName(job.host())) {
        if (address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null) {
          here.add(address);
        }
      }
    } catch (UnknownHostException e) {
      throw new InvalidInputException(elsewhere(job), e);
    } catch (IOException e) {
      throw new BootstrapException(
          job.rank(), "join: the network interfaces cannot be listed: " + e.getMessage(), e);
    }
    if (here.isEmpty()) {
      throw new InvalidInputException(elsewhere(job));
    }
    return here;
  }

  private static String elsewhere(JobEnvironment job) {
    return "MASTER_ADDR: found %s, expected an address of the host of rank 0, where this is"
        .formatted(JobEnvironment.shown(job.host()));
  }

  /** Where the ranks meet. */
  Meeting meeting() {
    return meeting;
  }

  /** What to add to the message of a job that did not come up. */
  String refusals() {
    return refusals.summary();
  }

  /** Connections that have not proved anything yet. */
  int strangers() {
    lock.lock();
    try {
      return knocking.size();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel channel = listener.accept();
        makeRoomFor(channel);
        threads.execute(() -> receive(channel));
      } catch (ClosedChannelException | RejectedExecutionException e) {
        return;
      } catch (IOException e) {
        // no file descriptor left, or the other end gone already: there will be a next one
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private void makeRoomFor(SocketChannel channel) {
    SocketChannel oldest = null;
    lock.lock();
    try {
      if (closed) {
        oldest = channel;
      } else {
        if (knocking.size() == STRANGERS_MAX) {
          Iterator<SocketChannel> first = knocking.iterator();
          oldest = first.next();
          first.remove();
        }
        knocking.add(channel);
      }
    } finally {
      lock.unlock();
    }
    if (oldest != null) {
      Deadline.closeChannel(oldest);
    }
  }

  private void receive(SocketChannel channel) {
    StoreSeat seat = null;
    SocketAddress from = channel.socket().getRemoteSocketAddress();
    try (Deadline _ = Deadline.of(HANDSHAKE_TIMEOUT.toNanos(), channel)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      seat = seat(Handshake.receive(channel, job.secret()));
    } catch (Handshake.StrangerException e) {
      if (e.otherSecret()) {
        refusals.otherSecret(from);
      } else {
        refusals.stranger(from);
      }
    } catch (IOException e) {
      refusals.stranger(from);
    } finally {
      lock.lock();
      try {
        knocking.remove(channel);
      } finally {
        lock.unlock();
      }
      if (seat == null) {
        Deadline.closeChannel(channel);
      }
    }
    if (seat != null) {
      seat.receive();
      forget(seat);
    }
  }

  /** The seat of one who knows the secret, or null if it gets none. */
  private StoreSeat seat(Handshake.Guest guest) throws IOException {
    if (guest.size() != job.size()) {
      refusals.rank(guest.rank(), "with WORLD_SIZE " + guest.size());
      guest.answer(Handshake.Verdict.OTHER_SIZE, job.size());
      return null;
    }
    StoreSeat seat = take(guest);
    if (seat == null && deserted(guest.rank())) {
      seat = take(guest);
    }
    if (seat == null) {
      refusals.rank(guest.rank(), "a second time");
      guest.answer(Handshake.Verdict.TAKEN, job.size());
      return null;
    }
    try {
      guest.answer(Handshake.Verdict.ADMITTED, job.size());
      return seat;
    } catch (IOException e) {
      // it never knew that it was in, and may come again
      forget(seat);
      throw e;
    }
  }

  private StoreSeat take(Handshake.Guest guest) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new ClosedChannelException();
      }
      int rank = guest.rank();
      if (rank < 0 || rank >= seats.length || rank == job.rank() || seats[rank] != null) {
        return null;
      }
      seats[rank] =
          new StoreSeat(rank, guest.wire(), meeting, job.launched() ? refusals : null, threads);
      return seats[rank];
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the seat of a rank is free again: a rank that was admitted and heard of it too late has
   * gone and comes again, perhaps before its going was seen here.
   */
  private boolean deserted(int rank) throws IOException {
    StoreSeat seat;
    lock.lock();
    try {
      seat = rank < 0 || rank >= seats.length ? null : seats[rank];
    } finally {
      lock.unlock();
    }
    if (seat == null || seat.isTaken(HANDSHAKE_TIMEOUT)) {
      return false;
    }
    forget(seat);
    return true;
  }

  /** Frees a seat that was never taken; nobody else comes to one that was. */
  private void forget(StoreSeat seat) {
    lock.lock();
    try {
      for (int rank = 0; rank < seats.length; rank++) {
        if (seats[rank] == seat && !seat.wasTaken()) {
          seats[rank] = null;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Answers what is due, says goodbye to all ranks and ends all threads, within two seconds or so.
   */
  @Override
  public void close() {
    List<SocketChannel> channels;
    StoreSeat[] taken;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      channels = List.copyOf(knocking);
      taken = seats.clone();
    } finally {
      lock.unlock();
    }
    Deadline.closeChannel(listener);
    channels.forEach(Deadline::closeChannel);
    long deadlineNanos = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
    for (StoreSeat seat : taken) {
      if (seat != null) {
        seat.close(deadlineNanos);
      }
    }
    threads.shutdown();
    try {
      if (!threads.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
