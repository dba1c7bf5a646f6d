import type { Kernel } from './windows.ts'

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI)
}

/** Keys 1981, "Cubic convolution interpolation for digital image processing", (4) with its free `a`. */
function cubic(a: number): Kernel {
  return {
    support: 2,
    at(distance) {
      const x = Math.abs(distance)
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    },
  }
}

export const BOX: Kernel = { support: 0.5, at: x => (x > -0.5 && x <= 0.5 ? 1 : 0) }
export const TRIANGLE: Kernel = { support: 1, at: x => Math.max(0, 1 - Math.abs(x)) }
export const HAMMING: Kernel = {
  support: 1,
  at(distance) {
    const x = Math.abs(distance)
    if (x === 0) return 1
    return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI))
  },
}
/** a = −1/2: Pillow, and TensorFlow and PyTorch with antialiasing. */
export const CATMULL_ROM: Kernel = cubic(-0.5)
/** a = −3/4: OpenCV, and PyTorch without antialiasing. */
export const SHARP_CUBIC: Kernel = cubic(-0.75)
export const LANCZOS3: Kernel = {
  support: 3,
  at: x => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
}
