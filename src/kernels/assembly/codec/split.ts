import { bytes, DIFFERENCE, element, longs, shorts, transformed, words } from './transform'

/** Sixteen elements at a time by vectors, the last ones alone. */
export function split(
  source: usize,
  count: i32,
  log: i32,
  transform: i32,
  base: usize,
  target: usize,
  stride: usize,
): void {
  const whole = count & ~15
  if (log == 0) splitBytes(source, whole, transform, base, target)
  else if (log == 1) splitShorts(source, whole, transform, base, target, stride)
  else if (log == 2) splitWords(source, whole, transform, base, target, stride)
  else splitLongs(source, whole, transform, base, target, stride)
  for (let i: usize = whole; i < <usize>count; i++) {
    let value = element(source + (i << log), log)
    if (transform == DIFFERENCE) value -= element(base + (i << log), log)
    value = transformed(value, 8 << log, transform)
    for (let p: usize = 0; p < <usize>1 << log; p++) store<u8>(target + p * stride + i, <u8>(value >> (p << 3)))
  }
}

function splitBytes(source: usize, count: i32, transform: i32, base: usize, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i += 16) {
    v128.store(target + i, bytes(source + i, base + i, transform))
  }
}

/** The lower bytes of sixteen shorts. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function even(a: v128, b: v128): v128 {
  const mask = i16x8.splat(255)
  return i8x16.narrow_i16x8_u(v128.and(a, mask), v128.and(b, mask))
}

/** The upper ones. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function odd(a: v128, b: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8))
}

function splitShorts(
  source: usize,
  count: i32,
  transform: i32,
  base: usize,
  target: usize,
  stride: usize,
): void {
  const end = target + <usize>count
  for (; target < end; target += 16, source += 32, base += 32) {
    const a = shorts(source, base, transform)
    const b = shorts(source + 16, base + 16, transform)
    v128.store(target, even(a, b))
    v128.store(target + stride, odd(a, b))
  }
}

function splitWords(
  source: usize,
  count: i32,
  transform: i32,
  base: usize,
  target: usize,
  stride: usize,
): void {
  const end = target + <usize>count
  for (; target < end; target += 16, source += 64, base += 64) {
    const a = words(source, base, transform)
    const b = words(source + 16, base + 16, transform)
    const c = words(source + 32, base + 32, transform)
    const d = words(source + 48, base + 48, transform)
    // Bytes 0 and 2 of each element, then 1 and 3.
    const evenLow = even(a, b)
    const evenHigh = even(c, d)
    const oddLow = odd(a, b)
    const oddHigh = odd(c, d)
    v128.store(target, even(evenLow, evenHigh))
    v128.store(target + stride, even(oddLow, oddHigh))
    v128.store(target + 2 * stride, odd(evenLow, evenHigh))
    v128.store(target + 3 * stride, odd(oddLow, oddHigh))
  }
}

function splitLongs(
  source: usize,
  count: i32,
  transform: i32,
  base: usize,
  target: usize,
  stride: usize,
): void {
  const end = target + <usize>count
  for (; target < end; target += 16, source += 128, base += 128) {
    const a = longs(source, base, transform)
    const b = longs(source + 16, base + 16, transform)
    const c = longs(source + 32, base + 32, transform)
    const d = longs(source + 48, base + 48, transform)
    const e = longs(source + 64, base + 64, transform)
    const f = longs(source + 80, base + 80, transform)
    const g = longs(source + 96, base + 96, transform)
    const h = longs(source + 112, base + 112, transform)
    eight(target, stride << 1, even(a, b), even(c, d), even(e, f), even(g, h))
    eight(target + stride, stride << 1, odd(a, b), odd(c, d), odd(e, f), odd(g, h))
  }
}

/** Four planes, of every second byte of sixteen elements. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function eight(target: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const evenLow = even(a, b)
  const evenHigh = even(c, d)
  const oddLow = odd(a, b)
  const oddHigh = odd(c, d)
  v128.store(target, even(evenLow, evenHigh))
  v128.store(target + stride, even(oddLow, oddHigh))
  v128.store(target + 2 * stride, odd(evenLow, evenHigh))
  v128.store(target + 3 * stride, odd(oddLow, oddHigh))
}
