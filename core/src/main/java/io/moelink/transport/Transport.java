package io.moelink.transport;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import java.lang.foreign.MemorySegment;

/**
 * One rank's end of a fabric.
 *
 * <p><b>Memory order.</b> A rank that has seen a signal, by {@link #awaitSignal} or {@link
 * #signalValue}, sees everything that the signalling rank wrote or put before it signalled: bytes
 * put to this rank, and stores of that rank to any region that this rank can load. Between ranks
 * there is no other order. Puts to one rank may arrive in any order among themselves.
 *
 * <p><b>Signals.</b> Every rank has the same number of 64-bit slots, starting at 0. Others write or
 * add to them; the owner reads and awaits. Two ranks that write one slot without an order between
 * them leave one of the two values; what one rank writes to one slot arrives in the order of
 * writing.
 *
 * <p><b>Threads.</b> One thread at a time, not always the same one, for every method but these,
 * which any thread may call at any time: {@link #name}, {@link #rank}, {@link #size}, {@link
 * #capabilities}, {@link #loads}, {@link #signalValue}, {@link #activity}, {@link #abort}, {@link
 * #close}. The object that {@link #kernels} gives is under the same rule: not while another thread
 * is in this transport.
 *
 * <p><b>Errors.</b> {@link IllegalArgumentException} for a wrong argument and {@link
 * IllegalStateException} for use after close or release, both found before anything was done;
 * {@link UnsupportedOperationException} for what this transport cannot do; {@link
 * TransportException} for what went wrong outside the call. When the group was aborted, every
 * method that waits fails with the number of the rank at fault, whether or not its condition holds.
 */
public interface Transport extends AutoCloseable {
  /** The provider's name. */
  String name();

  /** This rank. */
  int rank();

  /** Ranks of the group. */
  int size();

  /** What this transport can do. */
  Capabilities capabilities();

  /** Whether this rank's kernels can load from and store to shared memory of {@code rank}. */
  boolean loads(int rank);

  /**
   * Allocates memory of this rank: page aligned, zero filled.
   *
   * @param kind where; SHARED for what other ranks shall attach
   * @param bytes size, 0 included
   * @param purpose what for, in messages
   * @throws UnsupportedOperationException when the transport has no memory of this kind
   * @throws TransportException when there is not enough of it
   */
  Region allocate(MemoryKind kind, long bytes, String purpose);

  /**
   * Makes memory that the caller owns usable as a region of this rank. It must be off-heap, open to
   * all threads, and stay alive until the region is released.
   *
   * @throws UnsupportedOperationException when the transport cannot
   */
  Region register(MemorySegment memory, String purpose);

  /**
   * A key that lets other ranks attach a SHARED (or, where the transport can, other) region of this
   * rank: at most {@link TransportChecks#KEY_BYTES_MAX} bytes, good until the region is released.
   */
  byte[] export(Region region);

  /**
   * Attaches memory of another rank, or of this one, by the key that its owner exported.
   *
   * @throws IllegalArgumentException when the key is no key of that rank
   * @throws IllegalStateException when that region is released
   */
  Region attach(int rank, byte[] key);

  /**
   * Releases a region: frees memory of this rank (registered memory stays the caller's), or lets an
   * attached region go. Regions that are left are released by {@link #close}. Releasing memory
   * while another rank works on it makes that work fail there.
   */
  void release(Region region);

  /**
   * Copies bytes of this rank to any rank. The source may be changed when the call returns; the
   * bytes are there for the other rank when it sees a later signal of this rank, or after {@link
   * #flush}.
   */
  void put(Region src, long srcOffset, Region dst, long dstOffset, long bytes);

  /**
   * A put that may return before the source may be changed, so that the caller prepares the next
   * one meanwhile. Later signals of this rank to that one come after its bytes, as after those of a
   * {@link #put}. The source's region must not be released before the source is free.
   *
   * @return 0 when the source may be changed already, else the put's number, for {@link
   *     #sourceFree}. Its use costs no memory: a transport that has enough puts under way does what
   *     {@link #put} does
   */
  long postPut(Region src, long srcOffset, Region dst, long dstOffset, long bytes);

  /**
   * Whether the source of a posted put may be changed; true for 0. {@link #activity} moves on when
   * that changes after it was false. Where the bytes are is for a signal or {@link #flush} to say.
   *
   * @throws IllegalArgumentException when no put has that number
   * @throws TransportException when the group has failed and the source is not free
   */
  boolean sourceFree(long put);

  /**
   * Waits until the source of a posted put may be changed.
   *
   * @param rank where the put goes
   * @throws TransportException naming {@code rank} when the deadline passes first
   */
  void awaitSourceFree(long put, int rank, Deadline deadline);

  /** Copies bytes of any rank to this one. They are there when the call returns. */
  void get(Region src, long srcOffset, Region dst, long dstOffset, long bytes);

  /**
   * A put, after whose bytes, and those of all earlier puts to that rank, slot {@code signal} of
   * the rank that owns {@code dst} becomes {@code value}.
   */
  void putSignal(
      Region src, long srcOffset, Region dst, long dstOffset, long bytes, int signal, long value);

  /**
   * Writes {@code value} to a slot of a rank, after all earlier puts to that rank. To a rank that
   * has closed it does nothing.
   */
  void signal(int rank, int signal, long value);

  /** Adds to a slot of a rank atomically; otherwise as {@link #signal}. */
  void addSignal(int rank, int signal, long delta);

  /** The value of an own slot. */
  long signalValue(int signal);

  /**
   * Waits until an own slot holds {@code value} or more, compared as signed numbers.
   *
   * @param fromRank the rank that is to signal, for failures and messages; -1 when it may be any
   * @throws TransportException naming {@code fromRank} when the deadline passes or that rank has
   *     died or closed and the slot holds less; naming the rank at fault when the group was aborted
   */
  void awaitSignal(int signal, long value, Deadline deadline, int fromRank);

  /**
   * A counter that grows with everything that arrives at this rank: signals, messages, failures.
   */
  long activity();

  /**
   * Waits until {@link #activity} differs from {@code seen}, and returns, too, when the deadline
   * passes. The use: read {@code activity}, try all that may be ready, then await what was read.
   *
   * @param arrivals how much activity must have grown before the caller can go on, at least 1. It
   *     is not woken for less, where the transport can tell; that a peer has failed or closed it
   *     learns within a tenth of a second all the same
   * @throws TransportException when the call would have to wait although a rank has died or closed,
   *     and when the group was aborted. So a rank closes only after all ranks know that they are
   *     done
   */
  void awaitActivity(long seen, int arrivals, Deadline deadline);

  /**
   * Sends a message. Returns when the source may be changed, which can be as late as the receiver
   * has taken it: two ranks that both send first wait for each other.
   *
   * @throws TransportException when the deadline passes first (the message is then withdrawn), the
   *     receiver died or closed, or it expects another size
   */
  void send(int to, Region src, long offset, long bytes, Deadline deadline);

  /**
   * Receives the next message of a rank. Messages of one rank come in the order of their sending.
   *
   * @param bytes the size, which must be that of the message
   */
  void receive(int from, Region dst, long offset, long bytes, Deadline deadline);

  /** Waits until all earlier puts to a rank are there. */
  void flush(int rank, Deadline deadline);

  /** Moves transfers on, for transports that need the caller's thread for it. Never waits. */
  void progress();

  /** The kernels for this rank's memory; the same object at every call. */
  RowKernels kernels();

  /**
   * Tells all ranks, this one included, that the group has failed: waits that are pending or to
   * come fail with {@code causeRank}. The first abort wins; a later one does nothing.
   *
   * @param causeRank the rank at fault, -1 when it is none in particular
   * @param why one line
   */
  void abort(int causeRank, String why);

  /**
   * Leaves the group and releases all regions. A pending call of another thread fails. Other ranks
   * that wait for this rank fail with its number. A second close does nothing.
   */
  @Override
  void close();
}
