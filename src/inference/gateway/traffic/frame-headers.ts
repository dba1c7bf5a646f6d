import { headerBlock } from '../../frames/index.ts'
import type { Admitted } from './admission.ts'

/** What the replica needs to read the body. */
export function frameHeaders({ head }: Admitted): string {
  const { protocol, trace } = head
  return (
    headerBlock({
      protocol: protocol === 'oip' ? undefined : protocol,
      'content-type': head.header('content-type'),
      'inference-header-content-length': head.header('inference-header-content-length'),
      'content-encoding': head.header('content-encoding'),
      accept: protocol === 'plain' || protocol === 'oip' ? acceptOf(head.header('accept')) : undefined,
    }) + trace.frameHeaders
  )
}

/** Of what a client accepts, what answers in labels may be told as instead of JSON. */
function acceptOf(accept: string | undefined): string | undefined {
  return accept !== undefined && accept.length < 256 && /csv|ndjson/.test(accept) ? accept : undefined
}
