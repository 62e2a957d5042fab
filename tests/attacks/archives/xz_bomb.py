# An xz file that becomes 300 MB when unpacked.
# stopped by: what is unpacked is counted, and bounded
# control: own
# expect: rejected 0

import lzma


def make(folder, name, honest):
    packer = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}])
    data = bytearray(packer.compress(bytes(300 << 20)) + packer.flush())
    (folder / f"{name}.tar.xz").write_bytes(data)


def control(folder):
    return len(lzma.decompress(next(folder.iterdir()).read_bytes())) == 300 << 20
