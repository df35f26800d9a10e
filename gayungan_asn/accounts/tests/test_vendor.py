"""The third-party files are the ones that were recorded."""

from gayungan_asn import vendor


def test_vendored_files_are_as_recorded():
    assert vendor.differences() == []


def test_vendored_file_changed_by_hand_is_noticed(tmp_path, monkeypatch):
    sums = tmp_path / "CHECKSUMS"
    lines = vendor.CHECKSUMS.read_text().splitlines()
    sums.write_text("\n".join(["0" * 64 + lines[0][64:], *lines[1:]]))
    monkeypatch.setattr(vendor, "CHECKSUMS", sums)
    assert vendor.differences() == [f"{lines[0][66:]}: changed"]


def test_source_map_pointer_is_removed_and_the_rest_kept():
    assert vendor.without_source_map("a{}\n/*# sourceMappingURL=x.css.map */") == "a{}\n"
    assert vendor.without_source_map("let a = 1;\n") == "let a = 1;\n"
