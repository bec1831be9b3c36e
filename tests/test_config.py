"""The configuration is checked as a whole, and every fault says what is allowed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_analysis.config import FILE_NAME, SALT_VARIABLE, Config, describe_config, read_config
from crm_analysis.contract import ENUMERATIONS, config_text
from crm_analysis.errors import ConfigError, UsageError


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str) -> Path:
        path = tmp_path / FILE_NAME
        path.write_text(text, encoding="utf-8")
        return path

    return written


def faults(path: Path) -> list[str]:
    """The faults told of a file, one a line."""
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    lines = str(caught.value).splitlines()
    assert lines[-1].endswith("crm-analysis contract --config")
    return [line.strip() for line in lines[1:-1]]


def test_no_file_means_the_defaults(monkeypatch):
    monkeypatch.delenv(SALT_VARIABLE, raising=False)
    assert read_config(None) == Config()


def test_defaults_are_those_of_the_specification():
    config = Config()
    assert (config.currency, config.tz) == ("CNY", "Asia/Shanghai")
    assert (config.horizon_days, config.value_horizon_days) == (90, 365)
    assert config.landmark_days == (3, 7, 14, 30)
    assert config.early_call_days == (7, 14, 30, 45)
    assert (config.lead_dormant_days, config.season_period, config.n_tiers) == (60, 12, 5)
    assert (config.lost_cut, config.share_cut, config.loyalty_cut) == (0.5, 0.5, 9)
    assert (config.capacity_per_month, config.default_margin_rate) == (100, 0.30)
    assert (config.discount_rate_year, config.alpha, config.fdr_q) == (0.10, 0.05, 0.05)
    assert (config.min_events, config.min_cell, config.n_boot) == (10, 5, 500)
    assert (config.max_excluded_share, config.max_stale_days) == (0.02, 3)
    assert (config.holdout_share, config.nps_cuts) == (0.20, (6, 8))
    assert (config.abc.top_share, config.abc.growth, config.abc.years) == (0.20, 0.10, 2)
    assert config.late_reason_days == (30, 180)
    assert (config.data_through, config.encodings) == (None, ("gb18030",))
    assert config.notebook_timeout_seconds == 600
    assert (config.referral_share, config.unwarned_share) == (0.5, 0)
    tracks = config.tracks
    assert (tracks.reversal_step, tracks.n_reversals, tracks.sudden_drop) == (0.2, 2, 0.4)
    assert (tracks.drawdown, tracks.net_fall, tracks.net_rise) == (0.3, 0.2, 0.2)
    assert (tracks.min_assessments, tracks.cluster_stability) == (4, 0.85)


def test_every_channel_has_a_cost():
    assert set(Config().contact_cost) == set(ENUMERATIONS["interactions.channel"])


def test_given_keys_replace_defaults_and_the_rest_stay(write):
    config = read_config(
        write(
            """
            horizon_days = 30
            alpha = 0.1
            n_boot = 1000
            landmark_days = [5, 10]
            data_through = 2026-10-20
            encodings = ["big5", "gb18030"]
            tz = "Europe/Berlin"
            contact_cost.call = 3
            [abc]
            growth = 0.2
            [tracks]
            n_reversals = 3
            """
        )
    )
    assert (config.horizon_days, config.alpha, config.n_boot) == (30, 0.1, 1000)
    assert config.landmark_days == (5, 10)
    assert config.data_through == date(2026, 10, 20)
    assert (config.encodings, config.tz) == (("big5", "gb18030"), "Europe/Berlin")
    assert (config.contact_cost["call"], config.contact_cost["meet"]) == (3.0, 60.0)
    assert (config.abc.growth, config.abc.top_share, config.abc.years) == (0.2, 0.20, 2)
    assert (config.tracks.n_reversals, config.tracks.sudden_drop) == (3, 0.4)
    assert config.min_cell == 5


def test_a_whole_number_is_taken_for_a_fraction(write):
    value = read_config(write("lost_cut = 1")).lost_cut
    assert value == 1.0
    assert isinstance(value, float)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("horizon_day = 9", "horizon_day: unknown key; did you mean horizon_days?"),
        ("zzz = 1", "zzz: unknown key"),
        ("horizon_days = '90'", "horizon_days = '90': a number is needed, such as 90"),
        ("horizon_days = 90.5", "horizon_days = 90.5: a whole number is needed, such as 90"),
        ("horizon_days = true", "horizon_days = True: a number is needed, such as 90"),
        ("horizon_days = 0", "horizon_days = 0: allowed is 1 to 3660 (days)"),
        ("lost_cut = 50", "lost_cut = 50: allowed is 0 to 1 (share)"),
        ("alpha = nan", "alpha = nan: allowed is 0.0001 to 0.5 (share)"),
        ("contact_cost.call = inf", "contact_cost.call = inf: allowed is 0 or more (currency)"),
        ("currency = 7", "currency = 7: a text in quotes is needed"),
        ("landmark_days = 7", "landmark_days = 7: a list is needed, such as [3, 7, 14, 30]"),
        ("landmark_days = []", "landmark_days = []: a list is needed, such as [3, 7, 14, 30]"),
        ("landmark_days = [7, 3]", "landmark_days = [7, 3]: the numbers must rise"),
        (
            "landmark_days = [3, 'x']",
            "landmark_days = [3, 'x']: 'x': a number is needed, such as 3",
        ),
        ("nps_cuts = [6]", "nps_cuts = [6]: two numbers are needed"),
        (
            "data_through = '2026-10-20'",
            "data_through = '2026-10-20': a date is needed, such as 2026-10-31 without quotes",
        ),
        ("contact_cost.calls = 1", "contact_cost.calls: unknown key; did you mean call?"),
        ("contact_cost.call = -1", "contact_cost.call = -1: allowed is 0 or more (currency)"),
        ("contact_cost = 3", "contact_cost = 3: a table is needed, [contact_cost]"),
        ("abc.grow = 1", "abc.grow: unknown key; did you mean growth?"),
        ("abc.years = 0", "abc.years = 0: allowed is 1 to 10 (years)"),
        ("tracks = 1", "tracks = 1: a table is needed, [tracks]"),
        (
            "tz = 'Asia/Beijing'",
            "tz = 'Asia/Beijing': no time zone of that name; allowed: 'Europe/Berlin' …",
        ),
        (
            "encodings = ['gbx']",
            "encodings: no encoding is called 'gbx'; allowed: 'gb18030' …",
        ),
        ("salt = 'x'", f"salt: not in the file; set the environment variable {SALT_VARIABLE}"),
    ],
)
def test_each_fault_says_what_is_allowed(write, line: str, fault: str):
    assert faults(write(line)) == [fault]


def test_all_faults_are_told_at_once(write):
    told = faults(write("horizon_day = 1\nalpha = 2\ntz = 'x/y'\nabc.years = 99\ntracks.drop = 1"))
    assert len(told) == 5


def test_broken_toml_names_the_line_in_one_sentence(write):
    with pytest.raises(
        ConfigError, match=r"crm_analysis.toml is not valid TOML: .*line 2"
    ) as caught:
        read_config(write("alpha = 0.1\nfdr_q = = 2\n"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="does not exist; check --config"):
        read_config(tmp_path / "none.toml")


def test_a_folder_is_not_a_file(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path)


def test_text_that_is_not_utf8(tmp_path: Path):
    path = tmp_path / FILE_NAME
    path.write_bytes("currency = '人民币'".encode("gb18030"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        read_config(path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b"\xef\xbb\xbfalpha = 0.1")
    assert read_config(path).alpha == 0.1


def test_salt_comes_from_the_environment_and_is_never_shown(monkeypatch):
    monkeypatch.setenv(SALT_VARIABLE, "secret-pepper")
    config = read_config(None)
    assert config.salt == "secret-pepper"
    assert "secret-pepper" not in repr(config)
    assert not any("secret-pepper" in value for _, value, _, _ in config.describe())


def test_every_key_is_described_in_both_languages():
    rows = describe_config()
    assert len({name for name, *_ in rows}) == len(rows)
    tables = {"abc", "tracks", "contact_cost", "value_weights"}
    described = {name.split(".")[0] for name, *_ in rows}
    assert described == set(Config.__dataclass_fields__) - {"salt"}
    assert {name.split(".")[0] for name, *_ in rows if "." in name} == tables
    assert all(meaning.en and meaning.zh for *_, meaning in rows)
    assert all(f"\n{name} " in config_text() for name, *_ in rows)
