"""Shared form fields and the look of forms on the page."""

import re
from datetime import date

import pytest
from crispy_forms.utils import render_crispy_form
from django import forms
from django.core.exceptions import ValidationError

from gayungan_asn.accounts.form_fields import DateTextField, PoliteErrorsMixin


class CertificateForm(PoliteErrorsMixin, forms.Form):
    title = forms.CharField(label="Nama sertifikat", help_text="Seperti tertulis")
    issued_on = DateTextField(label="Tanggal sertifikat")
    hours = forms.IntegerField(label="JP", required=False)
    kind = forms.ChoiceField(label="Jenis", choices=[("a", "Klasikal")], widget=forms.RadioSelect)
    file = forms.FileField(label="Berkas sertifikat")


@pytest.mark.parametrize("text", ["27/03/2026", "27-03-2026", "2026-03-27", " 27.03.2026 "])
def test_date_text_field_with_each_way_of_writing_reads_the_day(text):
    assert DateTextField().clean(text) == date(2026, 3, 27)


@pytest.mark.parametrize("text", ["31/02/2026", "03/27/2026", "27/03/26", "27/03/0026", "besok"])
def test_date_text_field_with_no_such_day_refuses_with_example(text):
    with pytest.raises(ValidationError) as refusal:
        DateTextField().clean(text)
    assert "27/03/2026" in refusal.value.messages[0]


def test_polite_errors_of_empty_fields_name_the_field():
    form = CertificateForm({})
    assert form.errors["title"] == ["Isi nama sertifikat"]
    assert form.errors["issued_on"] == ["Isi tanggal sertifikat, misalnya 27/03/2026"]
    assert form.errors["kind"] == ["Pilih jenis"]
    assert form.errors["file"] == ["Unggah berkas sertifikat"]
    assert "hours" not in form.errors


def test_polite_errors_keep_words_of_their_own():
    class OwnWords(PoliteErrorsMixin, forms.Form):
        nip = forms.CharField(label="NIP", error_messages={"required": "Isi NIP pegawai"})

    assert OwnWords({}).errors["nip"] == ["Isi NIP pegawai"]


def test_crispy_form_with_errors_links_the_summary_to_the_fields():
    html = render_crispy_form(CertificateForm({"title": ""}))
    summary, fields = html.split("</ul>", 1)
    assert 'tabindex="-1"' in summary
    assert "Ada 4 hal yang perlu diperbaiki" in summary
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["id_title", "id_issued_on", "id_kind_0", "id_file"]
    assert all(f'id="{target}"' in fields for target in targets)


def test_crispy_form_with_errors_says_them_above_the_control():
    html = render_crispy_form(CertificateForm({"title": ""})).split("</ul>", 1)[1]
    assert html.index("Isi nama sertifikat") < html.index('name="title"')
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_title_error"' in html


def test_crispy_form_marks_optional_fields_in_words():
    html = render_crispy_form(CertificateForm())
    assert html.count("(tidak wajib)") == 1
    assert "asterisk" not in html
    assert "*" not in html


def test_crispy_form_carries_no_inline_style_or_script():
    html = render_crispy_form(CertificateForm({}))
    assert "style=" not in html
    assert "<script" not in html
    assert not re.search(r"<[^>]* on\w+=", html)


def test_crispy_radios_stand_in_a_fieldset_with_legend():
    html = render_crispy_form(CertificateForm())
    assert re.search(r"<fieldset[^>]*>\s*<legend[^>]*>Jenis", html)
