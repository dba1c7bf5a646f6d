import { DIFFERENCE, element, restored, ROTATED } from './transform'

/** Sixteen elements at a time by vectors, the last ones alone. */
export function join(
  planes: usize,
  count: i32,
  log: i32,
  transform: i32,
  base: usize,
  target: usize,
): void {
  const whole = count & ~15
  if (log == 0) joinBytes(load<u32>(planes), whole, transform, base, target)
  else if (log == 1) joinShorts(planes, whole, transform, base, target)
  else if (log == 2) joinWords(planes, whole, transform, base, target)
  else joinLongs(planes, whole, transform, base, target)
  for (let i: usize = whole; i < <usize>count; i++) {
    let value: u64 = 0
    for (let p: usize = 0; p < <usize>1 << log; p++) {
      value |= <u64>load<u8>(<usize>load<u32>(planes + (p << 2)) + i) << (p << 3)
    }
    value = restored(value, 8 << log, transform)
    const at = i << log
    if (transform == DIFFERENCE) value += element(base + at, log)
    if (log == 0) store<u8>(target + at, <u8>value)
    else if (log == 1) store<u16>(target + at, <u16>value)
    else if (log == 2) store<u32>(target + at, <u32>value)
    else store<u64>(target + at, value)
  }
}

function joinBytes(plane: usize, count: i32, transform: i32, base: usize, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i += 16) {
    let v = v128.load(plane + i)
    if (transform == ROTATED) v = v128.or(i8x16.shr_u(v, 1), i8x16.shl(v, 7))
    else if (transform != 0) v = v128.xor(i8x16.shr_u(v, 1), i8x16.neg(v128.and(v, i8x16.splat(1))))
    if (transform == DIFFERENCE) v = i8x16.add(v, v128.load(base + i))
    v128.store(target + i, v)
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function high(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function lowShorts(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function highShorts(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function putShorts(value: v128, transform: i32, base: usize, target: usize): void {
  let v = value
  if (transform == ROTATED) v = v128.or(i16x8.shr_u(v, 1), i16x8.shl(v, 15))
  else if (transform != 0) v = v128.xor(i16x8.shr_u(v, 1), i16x8.neg(v128.and(v, i16x8.splat(1))))
  if (transform == DIFFERENCE) v = i16x8.add(v, v128.load(base))
  v128.store(target, v)
}

function joinShorts(planes: usize, count: i32, transform: i32, base: usize, target: usize): void {
  let p0 = <usize>load<u32>(planes)
  let p1 = <usize>load<u32>(planes, 4)
  const end = target + (<usize>count << 1)
  for (; target < end; target += 32, base += 32, p0 += 16, p1 += 16) {
    const a = v128.load(p0)
    const b = v128.load(p1)
    putShorts(low(a, b), transform, base, target)
    putShorts(high(a, b), transform, base + 16, target + 16)
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function putWords(value: v128, transform: i32, base: usize, target: usize): void {
  let v = value
  if (transform == ROTATED) v = v128.or(i32x4.shr_u(v, 1), i32x4.shl(v, 31))
  else if (transform != 0) v = v128.xor(i32x4.shr_u(v, 1), i32x4.neg(v128.and(v, i32x4.splat(1))))
  if (transform == DIFFERENCE) v = i32x4.add(v, v128.load(base))
  v128.store(target, v)
}

function joinWords(planes: usize, count: i32, transform: i32, base: usize, target: usize): void {
  let p0 = <usize>load<u32>(planes)
  let p1 = <usize>load<u32>(planes, 4)
  let p2 = <usize>load<u32>(planes, 8)
  let p3 = <usize>load<u32>(planes, 12)
  const end = target + (<usize>count << 2)
  for (; target < end; target += 64, base += 64, p0 += 16, p1 += 16, p2 += 16, p3 += 16) {
    const a = v128.load(p0)
    const b = v128.load(p1)
    const c = v128.load(p2)
    const d = v128.load(p3)
    const below = low(a, b)
    const above = low(c, d)
    putWords(lowShorts(below, above), transform, base, target)
    putWords(highShorts(below, above), transform, base + 16, target + 16)
    const below2 = high(a, b)
    const above2 = high(c, d)
    putWords(lowShorts(below2, above2), transform, base + 32, target + 32)
    putWords(highShorts(below2, above2), transform, base + 48, target + 48)
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function putLongs(below: v128, above: v128, transform: i32, base: usize, target: usize): void {
  putLong(i32x4.shuffle(below, above, 0, 4, 1, 5), transform, base, target)
  putLong(i32x4.shuffle(below, above, 2, 6, 3, 7), transform, base + 16, target + 16)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function putLong(value: v128, transform: i32, base: usize, target: usize): void {
  let v = value
  if (transform == ROTATED) v = v128.or(i64x2.shr_u(v, 1), i64x2.shl(v, 63))
  else if (transform != 0) v = v128.xor(i64x2.shr_u(v, 1), i64x2.neg(v128.and(v, i64x2.splat(1))))
  if (transform == DIFFERENCE) v = i64x2.add(v, v128.load(base))
  v128.store(target, v)
}

function joinLongs(planes: usize, count: i32, transform: i32, base: usize, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i += 16, target += 128, base += 128) {
    const a = v128.load(<usize>load<u32>(planes) + i)
    const b = v128.load(<usize>load<u32>(planes, 4) + i)
    const c = v128.load(<usize>load<u32>(planes, 8) + i)
    const d = v128.load(<usize>load<u32>(planes, 12) + i)
    const e = v128.load(<usize>load<u32>(planes, 16) + i)
    const f = v128.load(<usize>load<u32>(planes, 20) + i)
    const g = v128.load(<usize>load<u32>(planes, 24) + i)
    const h = v128.load(<usize>load<u32>(planes, 28) + i)
    const ab = low(a, b)
    const cd = low(c, d)
    const ef = low(e, f)
    const gh = low(g, h)
    putLongs(lowShorts(ab, cd), lowShorts(ef, gh), transform, base, target)
    putLongs(highShorts(ab, cd), highShorts(ef, gh), transform, base + 32, target + 32)
    const ab2 = high(a, b)
    const cd2 = high(c, d)
    const ef2 = high(e, f)
    const gh2 = high(g, h)
    putLongs(lowShorts(ab2, cd2), lowShorts(ef2, gh2), transform, base + 64, target + 64)
    putLongs(highShorts(ab2, cd2), highShorts(ef2, gh2), transform, base + 96, target + 96)
  }
}
