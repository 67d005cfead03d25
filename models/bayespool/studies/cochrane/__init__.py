"""What Cochrane reviews hand out: RevMan 5 files, data packages of RevMan Web, CSV exports."""
