# Made by Django 5.2; the counting by hand.

import trueup.reports.columns
from decimal import Decimal
from typing import Any

from django.db import migrations, models


COUNTED = [
    'commented_lines', 'differing_lines', 'line_count', 'penalty_lines', 'searched', 'stake',
    'total_chargeable', 'total_default', 'total_over_provisioned', 'total_provisioned',
]
REPORTS_AT_ONCE = 200


def count_up(apps: Any, schema_editor: Any) -> None:
    """What reports came to before there were columns for it. (Written out: a migration does not change with the rules.)"""
    Report, ReportLine = apps.get_model('reports', 'Report'), apps.get_model('reports', 'ReportLine')
    ids = list(Report.objects.order_by('pk').values_list('pk', flat=True))
    for start in range(0, len(ids), REPORTS_AT_ONCE):
        reports = Report.objects.in_bulk(ids[start:start + REPORTS_AT_ONCE])
        lines: dict[int, list[Any]] = {report_id: [] for report_id in reports}
        for line in ReportLine.objects.filter(report__in=reports):
            lines[line.report_id].append(line)
        for report in reports.values():
            _count(report, lines[report.pk])
        Report.objects.bulk_update(reports.values(), COUNTED, batch_size=50)


def _count(report: Any, lines: list[Any]) -> None:
    zero = Decimal(0)
    penalties = [line for line in lines if line.outcome == 'penalty']
    report.line_count = len(lines)
    report.differing_lines = sum(line.chargeable != line.default_chargeable for line in lines)
    report.commented_lines = sum(bool(line.comment) for line in lines)
    report.penalty_lines = len(penalties)
    report.stake = sum((_at_stake(line) for line in lines), zero)
    report.total_chargeable = sum((line.chargeable for line in lines), zero)
    report.total_default = sum((line.default_chargeable for line in lines), zero)
    report.total_provisioned = sum((line.provisioned for line in lines), zero)
    known = (line for line in lines if line.used is not None)
    report.total_over_provisioned = sum((max(line.provisioned - line.used, zero) for line in known), zero)
    names = (report.msp_name, report.msp_ref, report.company_id)
    report.searched = '\n'.join(' '.join(name.casefold().split()) for name in names if name)


def _at_stake(line: Any) -> Decimal:
    saved = line.default_chargeable if line.saved_chargeable is None else line.saved_chargeable
    return Decimal(abs(line.chargeable - (saved if line.outcome == 'penalty' else line.default_chargeable)))


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='report',
            name='commented_lines',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='report',
            name='differing_lines',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='report',
            name='line_count',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='report',
            name='penalty_lines',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='report',
            name='searched',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='report',
            name='stake',
            field=trueup.reports.columns.RankedDecimalField(decimal_places=6, default=Decimal('0'), max_digits=30),
        ),
        migrations.AddField(
            model_name='report',
            name='total_chargeable',
            field=trueup.reports.columns.RankedDecimalField(decimal_places=6, default=Decimal('0'), max_digits=30),
        ),
        migrations.AddField(
            model_name='report',
            name='total_default',
            field=trueup.reports.columns.RankedDecimalField(decimal_places=6, default=Decimal('0'), max_digits=30),
        ),
        migrations.AddField(
            model_name='report',
            name='total_over_provisioned',
            field=trueup.reports.columns.RankedDecimalField(decimal_places=6, default=Decimal('0'), max_digits=30),
        ),
        migrations.AddField(
            model_name='report',
            name='total_provisioned',
            field=trueup.reports.columns.RankedDecimalField(decimal_places=6, default=Decimal('0'), max_digits=30),
        ),
        migrations.RunPython(count_up, migrations.RunPython.noop),
    ]
