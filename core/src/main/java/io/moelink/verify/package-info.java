/**
 * What dispatch and combine must give, worked out slowly from their definitions and from nothing
 * else: for tests, for {@code --verify}, and for those who write a transport.
 */
package io.moelink.verify;
