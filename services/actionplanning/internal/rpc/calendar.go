package rpc

import (
	"fmt"
	"strings"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain/timeline"
)

const mediaCalendar = "text/calendar; charset=utf-8"

// calendar writes a timeline as iCalendar (RFC 5545): each milestone is an event of whole days, from its expected start to its expected end, that
// takes up nobody's time. Without a METHOD, DTSTAMP is when the milestone changed (3.8.7.2), so that the same timeline is the same file.
// Events have no PERCENT-COMPLETE (3.8.1.8), so the description tells it.
func calendar(t app.Timeline) []byte {
	c := ics.NewCalendarFor("Throughline")
	c.SetProductId("-//Throughline//Timeline//EN")
	c.SetName(t.Work.Name()) // also as X-WR-CALNAME, which more programs read
	for _, e := range t.Entries {
		event := c.AddEvent(e.Name() + "@throughline")
		event.SetDtStampTime(e.UpdateTime)
		event.SetCreatedTime(e.CreateTime)
		event.SetModifiedAt(e.UpdateTime)
		event.SetProperty(ics.ComponentPropertyDtStart, basic(e.Start), ics.WithValue(string(ics.ValueDataTypeDate)))
		event.SetProperty(ics.ComponentPropertyDtEnd, basic(e.End+1), ics.WithValue(string(ics.ValueDataTypeDate))) // the day after the last
		event.SetSummary(text(e.DisplayName))
		event.SetDescription(text(description(e)))
		event.SetStatus(ics.ObjectStatusTentative)
		if e.ActualStart != "" {
			event.SetStatus(ics.ObjectStatusConfirmed)
		}
		event.SetTimeTransparency(ics.TransparencyTransparent)
	}
	return []byte(c.Serialize(ics.WithNewLineWindows)) // CRLF on every system (3.1)
}

func description(e app.TimelineEntry) string {
	var b strings.Builder
	if e.Description != "" {
		b.WriteString(e.Description + "\n\n")
	}
	fmt.Fprintf(&b, "%d%% done. Planned from %s to %s.", e.Percent, e.PlannedStart, e.PlannedEnd)
	switch late := e.Lateness(); {
	case late > 0:
		fmt.Fprintf(&b, " %s late.", howMany(late))
	case late < 0:
		fmt.Fprintf(&b, " %s early.", howMany(-late))
	}
	switch {
	case e.ActualEnd != "":
	case e.Critical:
		b.WriteString(" Critical: a day lost here is a day lost at the end.")
	default:
		fmt.Fprintf(&b, " May end %s later without moving the end of the whole.", howMany(e.Slack()))
	}
	return b.String()
}

func howMany(days int64) string {
	if days == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", days)
}

// basic is a day as "20270701".
func basic(d timeline.Day) string { return strings.ReplaceAll(d.String(), "-", "") }

// text leaves out what TEXT cannot hold: control characters other than tab and new line (3.3.11).
func text(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
