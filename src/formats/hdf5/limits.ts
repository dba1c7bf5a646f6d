/** Objects of one file that are described: 3 KB of memory each. The largest Keras applications have some 3,000. */
export const MAX_OBJECTS = 50_000
/** Links in one group: steps of an experiment, each in a group of its own. */
export const MAX_LINKS = 200_000
/** Groups within groups. Keras nests a model in a model in a layer: about ten. */
export const MAX_DEPTH = 64
/** Soft links that lead to soft links, as libhdf5 limits them (H5L_NUM_LINKS). */
export const MAX_SOFT_LINKS = 16
/** Messages in one object header: their count has 16 bits in version 1. */
export const MAX_MESSAGES = 65_536
/** Blocks of one object header. Each continuation costs a read. */
export const MAX_CONTINUATIONS = 1_024
/** Bytes of one object header with all its continuations. Attributes that are larger lie in heaps. */
export const MAX_HEADER_BYTES = 16 * 2 ** 20
/** Attributes of one object. Keras writes about ten; NetCDF some hundreds. */
export const MAX_ATTRIBUTES = 100_000
/** Bytes of one attribute's value: the JSON of a large Keras model has some megabytes. */
export const MAX_ATTRIBUTE_BYTES = 64 * 2 ** 20
/** Datatypes within datatypes. */
export const MAX_TYPE_DEPTH = 32
/** Members of one compound or enum: their count has 16 bits. */
export const MAX_TYPE_MEMBERS = 65_535
/** Parts of one datatype: of a compound of compounds of compounds. */
export const MAX_TYPE_NODES = 100_000
/** Parts of all datasets' types in one file: some 200 bytes of memory each. */
export const MAX_FILE_TYPE_NODES = 1_000_000
/** The format's own limit on dimensions (H5S_MAX_RANK). */
export const MAX_RANK = 32
/** Levels of a B-tree: 2^32 leaves with two children each. */
export const MAX_TREE_DEPTH = 32
/** Chunks of one dataset: their table takes 24 bytes each. At 1 MB a chunk that is 4 TB. */
export const MAX_CHUNKS = 4_000_000
/** Bytes of one chunk: filters need all of it in memory. h5py makes chunks of at most 1 MiB of its own accord. */
export const MAX_CHUNK_BYTES = 256 * 2 ** 20
/** Bytes that a streaming reader assembles at once, where a row of chunks is larger. */
export const MAX_TILE_BYTES = 32 * 2 ** 20
/** How often each chunk may have to be unpacked because a row of chunks is large: rows of 8 GB. */
export const MAX_REPEATS = 256
/** Decoded chunks that are kept for the next tile. */
export const CHUNK_CACHE_BYTES = 32 * 2 ** 20
/** Filters of one pipeline, as libhdf5 limits them (H5Z_MAX_NFILTERS). */
export const MAX_FILTERS = 32
/** Deflate reaches 1,032 : 1 at the very most; the rest is for constant data that scale-offset stores in no bits. */
export const MAX_EXPANSION = 2_000
/** Below this the expansion does not matter: it takes a moment. */
export const FREE_EXPANSION_BYTES = 64 * 2 ** 20
/** One global heap collection, held whole; libhdf5 makes them 4 KiB, larger ones for one large object. */
export const MAX_COLLECTION_BYTES = 256 * 2 ** 20
/** Collections that are kept: neighbouring strings lie in the same one. */
export const COLLECTION_CACHE_BYTES = 8 * 2 ** 20
/** External files and virtual sources that are reported of one dataset. */
export const MAX_REPORTED_SOURCES = 1_000
/** What all attributes of a file may unpack to, if that is more than 16 times the file: values of variable length may share one large object. */
export const FREE_VALUE_BYTES = 256 * 2 ** 20
