/**
 * Whether bytes begin as a JPEG, PNG or WebP does. The content type decides nothing: `curl --data-binary` calls
 * every body a form.
 */
export function looksLikeImage(bytes: Buffer): boolean {
  if (bytes.length < 12) return false
  const first = bytes.readUInt32BE(0)
  if (first === 0x89504e47) return bytes.readUInt32BE(4) === 0x0d0a1a0a
  if (first >>> 8 === 0xffd8ff) return true
  return first === 0x52494646 && bytes.readUInt32BE(8) === 0x57454250
}
