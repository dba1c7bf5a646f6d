/** Prints for people, or with `json` the value for machines. */
export function print<Value>(value: Value, json: boolean | undefined, text: (value: Value) => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text(value)}\n`)
}

export function ago(iso: string | null, now: number = Date.now()): string {
  if (!iso) return '–'
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000))
  if (seconds < 90) return `${seconds} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`
  return `${Math.round(seconds / 86_400)} d ago`
}
