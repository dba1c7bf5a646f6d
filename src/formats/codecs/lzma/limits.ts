/**
 * The most that a file may make the decoder keep of what it unpacked: twice what `xz -9` uses. Larger dictionaries
 * are written only by those who ask for them.
 */
export const MAX_DICTIONARY: number = 128 * 2 ** 20
