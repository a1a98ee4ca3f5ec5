# `make model`: Spin on tests/model/swap.pml, which includes launcher/swap/table.def, in each of these
# configurations; fails on any error and on a row that none of them takes. `make model-bites`: each
# fault of tests/model/bites.pml is put back, and found. tests/model/README.md says what it all means.
MODEL_JOBS ?= 2
MODEL_CHECK := tests/model/check.sh

MODEL_everything := bits -DWIDTH=2 -DFORKS=2 -DSTATE=true -DOVERLAP=chance -DFAULTS=3 -DREQUESTS=3 \
	-DTRIES=2 -DSNAPSHOTS=2 -DSTOPS=1 -DDEATHS=1
MODEL_state := whole -DSTATE=true -DFAULTS=2
MODEL_state-twice := whole -DSTATE=true -DREQUESTS=2
MODEL_trial := whole -DSTATE=true -DTRIES=1
MODEL_snapshot := whole -DSTATE=true -DFAULTS=2 -DSNAPSHOTS=1
MODEL_disk := whole -DSTATE=true -DDISK=true -DTRIES=1 -DSTOPS=1
MODEL_copy := whole -DSTATE=true -DDISK=true -DREQUESTS=0 -DTRIES=1 -DSNAPSHOTS=1 -DSTOPS=1
MODEL_disk-replace := whole -DOVERLAP=false -DSTATE=true -DDISK=true -DSTOPS=1
MODEL_due := whole -DSTATE=true -DDUES=1 -DSNAPSHOTS=1
MODEL_launcher-state := whole -DSTATE=true -DFAULTS=2 -DDEATHS=1
MODEL_launcher := whole -DFAULTS=2 -DDEATHS=1
MODEL_pair := whole -DFAULTS=2 -DREQUESTS=2
MODEL_mixed := whole -DOVERLAP=chance -DFAULTS=2 -DREQUESTS=2
MODEL_replace := whole -DOVERLAP=false -DSTATE=true -DREQUESTS=2 -DTRIES=1 -DSNAPSHOTS=1 -DSTOPS=1
MODEL_replace-launcher := whole -DOVERLAP=false -DFAULTS=2 -DREQUESTS=2 -DDEATHS=1
MODEL_stop := whole -DREQUESTS=2 -DTRIES=1 -DSTOPS=1
MODEL_workers := whole -DWIDTH=2 -DFORKS=2
MODEL_fork := whole -DWIDTH=2 -DFORKS=1 -DDEATHS=1
MODEL_fork-state := whole -DWIDTH=2 -DFORKS=1 -DSTATE=true -DDEATHS=1
MODEL_connection := whole -DCONNECTIONS=1 -DCUTS=false -DREQUESTS=2 -DDEATHS=1
MODEL_restart := whole -DSTATE=true -DREQUESTS=0 -DFAULTS=3 -DSNAPSHOTS=1 -DSTOPS=1 -DDEATHS=1
MODEL_RUNS := everything trial snapshot disk disk-replace copy due state state-twice launcher launcher-state pair \
	mixed replace replace-launcher stop workers fork fork-state connection restart

BITE_forgets-a-request := request_is_forgotten -DBITE_LEAVES_AT_ONCE -DOVERLAP=false -DREQUESTS=2
BITE_forgets-a-snapshot := client_is_never_answered \
	-DBITE_LEAVES_AT_ONCE -DOVERLAP=false -DSNAPSHOTS=1
BITE_starts-at-a-stop := starts_while_stopping -DBITE_STOP_WAITS -DOVERLAP=false -DSTOPS=1
BITE_promotes-unready := nobody_serves_for_ever -DBITE_PROMOTES_UNREADY -DFAULTS=2
BITE_names-the-dead := word_names_a_dead_generation -DBITE_NAMES_THE_DEAD -DDEATHS=1
BITE_waits-at-the-gate := launcher_waits_for_ever -DBITE_GATE_WAITS -DWIDTH=2 -DFORKS=1
BITE_waits-for-a-start := launcher_waits_for_ever -DBITE_WAITS_FOR_A_START -DOVERLAP=false
BITE_probation-runs-out := kept_state_is_never_forgotten \
	-DBITE_PROBATION_RUNS_OUT -DSTATE=true -DREQUESTS=2
BITE_gives-back-for-good := kept_state_is_never_forgotten \
	-DBITE_GIVES_BACK_FOR_GOOD -DSTATE=true -DREQUESTS=2
BITE_wakes-nobody := nobody_serves_for_ever -DBITE_WAKES_NOBODY -DFAULTS=2
BITE_joins-nobody := process_is_parked_for_ever \
	-DBITE_JOINS_NOBODY -DWIDTH=2 -DFORKS=1 -DDEATHS=1
BITE_commits-without := commits_without_its_state -DBITE_COMMITS_WITHOUT -DSTATE=true
BITE_promotes-without := loses_the_kept_state -DBITE_PROMOTES_WITHOUT -DSTATE=true -DREQUESTS=2
BITE_gates-beside-frozen := gates_beside_a_frozen_one -DBITE_GATES_BESIDE_FROZEN -DSTATE=true \
	-DREQUESTS=2
BITE_stays-frozen := process_is_parked_for_ever -DBITE_STAYS_FROZEN -DSTATE=true -DDEATHS=1
BITE_gives-to-nobody := connection_has_no_owner -DKNOWN_LIMITS -DCONNECTIONS=1 -DDEATHS=1
BITE_strays := two_generations_serve -DKNOWN_LIMITS -DDEATHS=1
BITES := forgets-a-request forgets-a-snapshot starts-at-a-stop promotes-unready names-the-dead \
	waits-at-the-gate waits-for-a-start probation-runs-out gives-back-for-good wakes-nobody \
	joins-nobody commits-without promotes-without gates-beside-frozen stays-frozen gives-to-nobody \
	strays

.PHONY: model model-bites $(MODEL_RUNS:%=model-%) $(BITES:%=bite-%)
model:
	@$(MAKE) --no-print-directory -k -j$(MODEL_JOBS) $(MODEL_RUNS:%=model-%)
	@tests/model/rows.sh $(MODEL_RUNS)

model-bites:
	@$(MAKE) --no-print-directory -k -j$(MODEL_JOBS) $(BITES:%=bite-%)

$(MODEL_RUNS:%=model-%): model-%:
	@$(MODEL_CHECK) $* $(MODEL_$*)

$(BITES:%=bite-%): bite-%:
	@$(MODEL_CHECK) bite-$* $(BITE_$*)
