package io.moelink.layout.topology;

import io.moelink.layout.InvalidInputException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.DoublePredicate;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Walks a JSON document and knows where it is: every error names the source, the line and the path
 * of the field. Used by one thread.
 */
final class JsonCursor implements AutoCloseable {
  private static final int NESTING_MAX = 8;
  private static final int TEXT_LENGTH_MAX = 1000;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(NESTING_MAX)
                          .maxStringLength(TEXT_LENGTH_MAX)
                          .maxNameLength(TEXT_LENGTH_MAX)
                          .maxNumberLength(TEXT_LENGTH_MAX)
                          .build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /** Takes one field of an object; the cursor is on its value. */
  interface FieldReader {
    /** Reads the value, to its last token. */
    void read(String field);
  }

  /** Takes one element of an array; the cursor is on it. */
  interface ElementReader {
    /** Reads the element, to its last token. */
    void read(int index);
  }

  private final JsonParser parser;
  private final String source;
  private final Deque<String> path = new ArrayDeque<>();

  JsonCursor(byte[] bytes, String source) {
    this.source = source;
    this.parser = MAPPER.createParser(bytes);
  }

  @Override
  public void close() {
    parser.close();
  }

  /** The line of the token that the cursor is on, from 1. */
  int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  InvalidInputException fault(String rule) {
    return fault(line(), String.join("", path), rule);
  }

  InvalidInputException fault(int line, String field, String rule) {
    return new InvalidInputException(place(line, field) + rule);
  }

  String place(int line, String field) {
    return source + ":" + line + ": " + (field.isEmpty() ? "" : field + ": ");
  }

  /** Reads the whole document, which has to be one object. */
  void document(List<String> fields, FieldReader reader) {
    try {
      if (parser.nextToken() == null) {
        throw fault("found the end of the file, expected an object");
      }
      object(fields, reader);
      if (parser.nextToken() != null) {
        throw fault("found " + found() + " after the end, expected nothing");
      }
    } catch (JacksonException e) {
      throw broken(e);
    }
  }

  /** Reads the object that the cursor is on; a field that is not listed is a fault. */
  void object(List<String> fields, FieldReader reader) {
    expect(JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      path.addLast(path.isEmpty() ? field : "." + field);
      if (!fields.contains(field)) {
        String place = Topologies.shortened(String.join("", path));
        throw fault(
            line(), place, "found an unknown field, expected one of " + String.join(", ", fields));
      }
      parser.nextToken();
      reader.read(field);
      path.removeLast();
    }
  }

  /** Reads the array that the cursor is on. */
  void array(int lengthMax, ElementReader reader) {
    expect(JsonToken.START_ARRAY, "an array");
    int index = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (index == lengthMax) {
        throw fault("found more than " + lengthMax + " elements, expected at most that");
      }
      path.addLast("[" + index + "]");
      reader.read(index++);
      path.removeLast();
    }
  }

  private void expect(JsonToken token, String what) {
    if (parser.currentToken() != token) {
      throw fault("found " + found() + ", expected " + what);
    }
  }

  private InvalidInputException broken(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    String message = e.getOriginalMessage().lines().findFirst().orElse("cannot be read");
    return new InvalidInputException(
        place(at == null ? line() : at.getLineNr(), String.join("", path))
            + "found what is not JSON, expected JSON ("
            + message
            + ")",
        e);
  }

  int number(int min, int max) {
    boolean whole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            && parser.getNumberType() == JsonParser.NumberType.INT;
    if (!whole || parser.getIntValue() < min || parser.getIntValue() > max) {
      throw fault("found %s, expected a whole number from %d to %d".formatted(found(), min, max));
    }
    return parser.getIntValue();
  }

  double rate() {
    return decimal(Link.RATE, Link::isRate);
  }

  double latency() {
    return decimal(Link.LATENCY, Link::isLatency);
  }

  private double decimal(String rule, DoublePredicate holds) {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      double value = parser.getDoubleValue();
      if (holds.test(value)) {
        return value;
      }
    }
    throw fault("found " + found() + ", expected " + rule);
  }

  boolean truth() {
    JsonToken token = parser.currentToken();
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
      throw fault("found " + found() + ", expected true or false");
    }
    return token == JsonToken.VALUE_TRUE;
  }

  String text(int lengthMax) {
    String what = "a text of 1 to " + lengthMax + " printable characters";
    expect(JsonToken.VALUE_STRING, what);
    String text = parser.getString();
    if (text.isBlank()
        || text.length() > lengthMax
        || text.chars().anyMatch(Character::isISOControl)) {
      throw fault("found " + found() + ", expected " + what);
    }
    return text;
  }

  LinkKind kind(List<LinkKind> kinds) {
    if (parser.currentToken() == JsonToken.VALUE_STRING) {
      for (LinkKind kind : kinds) {
        if (kind.name().equals(parser.getString())) {
          return kind;
        }
      }
    }
    throw fault(
        "found %s, expected one of %s"
            .formatted(found(), String.join(", ", kinds.stream().map(LinkKind::name).toList())));
  }

  private String found() {
    return switch (parser.currentToken()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> Topologies.quoted(parser.getString());
      default -> Topologies.shortened(parser.getString());
    };
  }
}
