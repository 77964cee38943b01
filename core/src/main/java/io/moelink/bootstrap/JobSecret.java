package io.moelink.bootstrap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A key that both ends of a connection know, and what they prove with it. Never printed. */
final class JobSecret {
  /** Bytes of a proof: HMAC-SHA-256. */
  static final int PROOF_BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  JobSecret(byte[] secret) {
    key = new SecretKeySpec(secret, ALGORITHM);
  }

  /** A function under this key, for one thread at a time. */
  Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM lacks " + ALGORITHM, e);
    }
  }

  /**
   * The proof that whoever made it knew the key.
   *
   * @param purpose what it is for, so that a proof for one purpose is none for another
   */
  byte[] prove(String purpose, byte[]... parts) {
    Mac mac = mac();
    byte[] name = purpose.getBytes(StandardCharsets.UTF_8);
    // the length first: no purpose and part can run into each other as another pair would
    mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, name.length));
    mac.update(name);
    for (byte[] part : parts) {
      mac.update(part);
    }
    return mac.doFinal();
  }

  /** The key of one connection. */
  JobSecret derive(byte[] transcript) {
    return new JobSecret(prove("connection", transcript));
  }

  /** Compares in a time that does not depend on where they differ. */
  static boolean same(byte[] proof, byte[] expected) {
    return MessageDigest.isEqual(proof, expected);
  }
}
