import { z } from 'zod'

const metadataSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })),
  outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })),
})
export type Metadata = z.infer<typeof metadataSchema>

/** Written out up to here; a shell makes more. */
const MAX_WRITTEN = 16
/** More would take a shell long to make. */
const MAX_MADE = 1_000_000
/** For a free axis behind the first: images of a usual size, sequences of some length. */
const FREE_SIZE = 8

/** What a served model says of itself. */
export async function metadataOf(url: string, token: string | undefined): Promise<Metadata | undefined> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) })
  const parsed = metadataSchema.safeParse(await response.json())
  return parsed.success ? parsed.data : undefined
}

/** A command for a POSIX shell that asks the model, as it stands: an image where it takes one, else zeros. */
export function exampleOf(
  url: string,
  { inputs }: Metadata,
  { image, token }: { readonly image: boolean; readonly token: boolean },
): string | undefined {
  const secret = token ? ' -H "Authorization: Bearer $TOKEN"' : ''
  if (image) return `curl ${url}/infer${secret} --data-binary @image.jpg`
  const written = inputs.map(input => inputText(input))
  if (written.includes(undefined)) return undefined
  return `curl ${url}/infer${secret} -d '{"inputs":[${written.join(',')}]}'`
}

function inputText({ name, datatype, shape }: Metadata['inputs'][number]): string | undefined {
  const sizes = shape.map((size, axis) => (size >= 0 ? size : axis === 0 ? 1 : FREE_SIZE))
  const count = sizes.reduce((product, size) => product * size, 1)
  if (count > MAX_MADE) return undefined
  const value = datatype === 'BYTES' ? '"text"' : datatype === 'BOOL' ? 'false' : '0'
  const data =
    count <= MAX_WRITTEN
      ? Array(count).fill(value).join(',')
      : `'$(yes '${value}' | head -n ${count} | paste -sd, -)'`
  return `{"name":${quoted(name)},"shape":${JSON.stringify(sizes)},"datatype":"${datatype}","data":[${data}]}`
}

/** As JSON within a shell's single quotes. */
function quoted(name: string): string {
  return JSON.stringify(name).replaceAll("'", "'\\''")
}
