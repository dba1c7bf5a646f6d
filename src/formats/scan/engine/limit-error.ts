/** A limit of the scan was met: told as a finding, never silent. */
export class ScanLimit extends Error {}
