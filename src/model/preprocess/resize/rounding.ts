/** To the nearest whole number, halves to the even one: C's rint, and OpenCV's cvRound. */
export function halfToEven(value: number): number {
  const low = Math.floor(value)
  const rest = value - low
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1
  return low % 2 === 0 ? low : low + 1
}
