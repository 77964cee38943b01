package io.moelink.layout.cost;

import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** One run of {@link FabricSimulator}: its clock, what moves, and what waits. */
final class Simulation {
  /** From that many steps on, ends that lie close together count as one. */
  private static final int LARGE = 20_000;

  private static final int EVENTS_OF_LARGE = 1000;
  private static final int NONE = -1;

  private record Timer(double time, long order, Flow flow) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Double.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final Plan plan;
  private final StepGraph graph;
  private final StepCosts costs;
  private final Resources resources;
  private final FairShare fair;

  private final Map<Long, Lane> lanes = new HashMap<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final ArrayDeque<Flow> ended = new ArrayDeque<>();
  private List<Flow> active = new ArrayList<>();
  private final int[] waits;
  private final Timeline timeline;
  private final KindTimes kinds = new KindTimes();

  /** Of permutes that follow a push. */
  private final Map<Integer, Follower> followers = new HashMap<>();

  /** A permute that started before the push that it follows had ended. */
  private static final class Follower {
    final Work work;
    final double lastChunk;
    boolean bodyDone;
    boolean pushDone;

    Follower(Work work, double lastChunk) {
      this.work = work;
      this.lastChunk = lastChunk;
    }
  }

  private double now;
  private long order;
  private double linkBytes;

  Simulation(Plan plan, StepGraph graph, StepCosts costs, Resources resources) {
    this.plan = plan;
    this.graph = graph;
    this.costs = costs;
    this.resources = resources;
    fair = new FairShare(resources);
    waits = graph.waits.clone();
    timeline = new Timeline(plan, graph);
  }

  SimulationResult run() {
    int unfinished = graph.count();
    double window = window();
    for (int step = 0; step < graph.count(); step++) {
      if (graph.waits[step] == 0) {
        ready(step, NONE);
      }
    }
    drain();
    while (!active.isEmpty() || !timers.isEmpty()) {
      fair.assign(active);
      double next = nextEvent(0, now);
      advanceTo(window > 0 ? nextEvent(next, next + window) : next);
      drain();
    }
    for (int step = 0; step < unfinished; step++) {
      if (Double.isNaN(timeline.end[step])) {
        throw new IllegalStateException(plan.name() + ": never ended: " + graph.step(step));
      }
    }
    return result();
  }

  /** The longest time between ends that count as one event. */
  private double window() {
    if (graph.count() < LARGE) {
      return 0;
    }
    double[] load = new double[0];
    for (int step = 0; step < graph.count(); step++) {
      Work work = costs.of(graph.step(step));
      if (load.length < resources.count()) {
        load = Arrays.copyOf(load, resources.count() * 2);
      }
      for (int i = 0; i < work.resources().length; i++) {
        load[work.resources()[i]] += work.shares()[i] * work.amount();
      }
    }
    double least = 0;
    for (int i = 0; i < resources.count(); i++) {
      least = Math.max(least, load[i] / resources.bytesPerSecond(i));
    }
    return least / EVENTS_OF_LARGE;
  }

  /**
   * The first event, or with {@code last} above {@code first} the latest one up to {@code last}.
   */
  private double nextEvent(double first, double last) {
    boolean latest = first > 0;
    double found = latest ? first : Double.POSITIVE_INFINITY;
    for (Flow flow : active) {
      double end = now + flow.secondsLeft();
      double chunk = now + flow.secondsToChunk();
      if (latest) {
        found = end <= last ? Math.max(found, end) : found;
        found = chunk <= last ? Math.max(found, chunk) : found;
      } else {
        found = Math.min(found, Math.min(end, chunk));
      }
    }
    if (!latest) {
      return timers.isEmpty() ? found : Math.min(found, timers.peek().time());
    }
    for (Timer timer : timers) {
      found = timer.time() <= last ? Math.max(found, timer.time()) : found;
    }
    return found;
  }

  private void advanceTo(double time) {
    double seconds = time - now;
    kinds.advance(seconds);
    // ends that differ by rounding alone are one event
    double tie = time + 1e-12 * (time + 1e-6);
    List<Flow> moving = new ArrayList<>(active.size());
    List<Integer> arrived = new ArrayList<>();
    for (Flow flow : active) {
      double end = now + flow.secondsLeft();
      boolean chunk = now + flow.secondsToChunk() <= tie;
      flow.advance(seconds);
      if (end <= tie) {
        timeline.end[flow.step] = end;
        flow.firstChunk = 0;
        ended.add(flow);
      } else {
        moving.add(flow);
        if (chunk) {
          flow.firstChunk = 0;
          arrived.add(flow.step);
        }
      }
    }
    active = moving;
    now = time;
    arrived.forEach(this::startFollowers);
    while (!timers.isEmpty() && timers.peek().time() <= tie) {
      enter(timers.poll().flow());
    }
  }

  /** Lets those go on that waited for ended flows, until nothing more ends at this time. */
  private void drain() {
    while (!ended.isEmpty()) {
      Flow flow = ended.poll();
      if (flow.amount > 0) {
        leave(flow);
      }
      Follower follower = followers.get(flow.step);
      if (follower != null && flow.part == 0) {
        follower.bodyDone = true;
        finishFollower(flow.step, follower);
      } else {
        finished(flow.step);
      }
    }
  }

  private void leave(Flow flow) {
    kinds.ended(graph.step(flow.step));
    timeline.boundBy(flow);
    for (int i = 0; i < flow.work.resources().length; i++) {
      resources.carried(flow.work.resources()[i], flow.amount * flow.work.shares()[i]);
    }
    linkBytes += flow.work.linkBytes() * (flow.amount / flow.work.amount());
    Flow next = lanes.get(flow.work.lane()).next();
    if (next != null) {
      if (next.part == 0) {
        // a last chunk waits for its push above all, and what ran before it may wait for itself
        timeline.cause[next.step] = flow.step;
      }
      begin(next);
    }
  }

  private void finished(int step) {
    if (Double.isNaN(timeline.end[step])) {
      timeline.end[step] = now;
    }
    for (int i = 0; i < graph.waiterCount(step); i++) {
      int waiter = graph.waiter(step, i);
      Follower follower = followers.get(waiter);
      if (follower != null) {
        follower.pushDone = true;
        finishFollower(waiter, follower);
      } else if (--waits[waiter] == 0) {
        ready(waiter, step);
      }
    }
  }

  private void ready(int step, int cause) {
    timeline.ready[step] = now;
    timeline.cause[step] = cause;
    Work work = costs.of(graph.step(step));
    Flow flow = new Flow(step, 0, work, work.amount());
    if (work.amount() == 0) {
      timeline.start[step] = now;
      timeline.end[step] = now;
      ended.add(flow);
      return;
    }
    if (graph.step(step) instanceof Step.Push && costs.chunkBytes() < work.amount()) {
      flow.firstChunk = costs.chunkBytes();
    }
    post(flow);
  }

  private void post(Flow flow) {
    if (flow.work.latency() > 0) {
      timers.add(new Timer(now + flow.work.latency(), order++, flow));
    } else {
      enter(flow);
    }
  }

  private void enter(Flow flow) {
    if (lanes.computeIfAbsent(flow.work.lane(), lane -> new Lane()).enter(flow)) {
      begin(flow);
    }
  }

  private void begin(Flow flow) {
    if (Double.isNaN(timeline.start[flow.step])) {
      timeline.start[flow.step] = now;
    }
    kinds.began(graph.step(flow.step));
    active.add(flow);
  }

  private void startFollowers(int push) {
    for (int i = 0; i < graph.waiterCount(push); i++) {
      int step = graph.waiter(push, i);
      if (!graph.follows(step, push)) {
        continue;
      }
      Work work = costs.of(graph.step(step));
      double part = costs.chunkBytes() / costs.bytes(graph.step(push).writes());
      double last = work.amount() * Math.min(1, part);
      if (work.amount() > last) {
        timeline.ready[step] = now;
        timeline.cause[step] = push;
        followers.put(step, new Follower(work, last));
        post(new Flow(step, 0, work, work.amount() - last));
      }
    }
  }

  private void finishFollower(int step, Follower follower) {
    if (follower.bodyDone && follower.pushDone) {
      // what held the last chunk up is what ended now
      enter(new Flow(step, 1, follower.work, follower.lastChunk));
    }
  }

  private SimulationResult result() {
    List<LinkUse> uses = new ArrayList<>();
    for (int i = 0; i < resources.count(); i++) {
      uses.add(resources.use(i, now));
    }
    return SimulationResult.of(plan.name(), now, kinds.seconds(), uses, linkBytes, timeline);
  }
}
