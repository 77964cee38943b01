package io.moelink.layout.cost;

import io.moelink.layout.topology.LinkKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a plan cost on a fabric.
 *
 * @param plan its name
 * @param seconds from the start to the end of the last step of any rank
 * @param secondsByKind how long at least one step of the kind ran anywhere
 * @param links every link and copy engine that was used, and every port that several used links
 *     share, the busiest first
 * @param bytesByLink bytes over links of each kind, every hop counted; LOCAL: through copy engines
 * @param bytes that left a rank's memory for another's, each transfer counted once
 * @param criticalPath the same as one sentence for people
 * @param timeline when every step ran
 */
public record SimulationResult(
    String plan,
    double seconds,
    Map<StepKind, Double> secondsByKind,
    List<LinkUse> links,
    Map<LinkKind, Double> bytesByLink,
    double bytes,
    String criticalPath,
    Timeline timeline) {

  private static final int PATH_PARTS_MAX = 8;

  static SimulationResult of(double seconds, TaskGraph graph, Timeline timeline) {
    FabricPaths paths = graph.paths;
    double[] bytes = graph.bytesByResource();
    List<LinkUse> uses = new ArrayList<>();
    Map<LinkKind, Double> byLink = new EnumMap<>(LinkKind.class);
    for (int i = 0; i < bytes.length; i++) {
      Resource resource = paths.resources().get(i);
      uses.add(resource.use(bytes[i], seconds));
      if (!resource.isShared() && bytes[i] > 0) {
        byLink.merge(resource.kind(), bytes[i], Double::sum);
      }
    }
    boolean[] repeats = paths.portsOfOneLink();
    List<LinkUse> busiest = new ArrayList<>();
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] > 0 && !repeats[i]) {
        busiest.add(uses.get(i));
      }
    }
    // symmetric fabrics have many alike: rounding must not decide which comes first
    busiest.sort(Comparator.comparingLong(use -> -Math.round(use.busyShare() * 1e9)));
    return new SimulationResult(
        timeline.plan().name(),
        seconds,
        timeline.secondsByKind(),
        List.copyOf(busiest),
        byLink,
        graph.bytesBetweenRanks(),
        words(seconds, paths, uses, busiest, timeline),
        timeline);
  }

  /** The resource that is busy for the largest part of the time; null where nothing moved. */
  public LinkUse busiest() {
    return links.isEmpty() ? null : links.getFirst();
  }

  private static String words(
      double seconds,
      FabricPaths paths,
      List<LinkUse> uses,
      List<LinkUse> busiest,
      Timeline timeline) {
    if (busiest.isEmpty() || seconds <= 0) {
      return "nothing moves";
    }
    LinkUse most = busiest.getFirst();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT, "%s is busy %.0f %% of the time", most.name(), most.busyShare() * 100));
    text.append(most.busyShare() >= 0.95 ? "; everything else hides behind it" : "");
    text.append("; the last to end: ");
    List<String> parts = new ArrayList<>();
    List<Timeline.Link> path = timeline.criticalPath();
    int i = 0;
    while (i < path.size()) {
      Timeline.Link link = path.get(i);
      int steps = 0;
      double end = link.end();
      Timeline.Link longest = link;
      while (i < path.size() && sameWay(path.get(i), link)) {
        Timeline.Link next = path.get(i);
        longest = next.seconds() > longest.seconds() ? next : longest;
        end = next.end();
        steps++;
        i++;
      }
      LinkUse bound = uses.get(paths.fullest(longest.path(), uses));
      parts.add(part(link, steps, end, bound));
    }
    int more = parts.size() - PATH_PARTS_MAX;
    if (more > 0) {
      parts = new ArrayList<>(parts.subList(more, parts.size()));
      parts.addFirst(more + " earlier");
    }
    return text.append(String.join(", then ", parts)).toString();
  }

  private static boolean sameWay(Timeline.Link one, Timeline.Link other) {
    return one.kind() == other.kind() && one.from() == other.from() && one.to() == other.to();
  }

  private static String part(Timeline.Link link, int steps, double end, LinkUse bound) {
    String count = steps == 1 ? "" : steps + " x ";
    String way =
        link.from() == link.to() ? " at " + link.to() : " " + link.from() + "->" + link.to();
    return String.format(
        Locale.ROOT,
        "%s%s%s (%.3f ms, held by %s)",
        count,
        link.kind().label(),
        way,
        (end - link.start()) * 1e3,
        bound.name());
  }
}
