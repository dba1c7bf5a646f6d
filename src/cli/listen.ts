import { BallastError } from '../core/index.ts'

/** `127.0.0.1:7420` or `[::1]:7420`. Throws ADDRESS_INVALID. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) {
    throw new BallastError('ADDRESS_INVALID', {
      message: `Expected an address such as 127.0.0.1:7420, found '${text}'`,
      hint: 'Write host:port; an IPv6 host in brackets.',
    })
  }
  return { host: (match[1] ?? match[2])!, port }
}
