# Joins what the municipalities sent with klero's history into a list for `klero draw --list`:
#
#   klero outcomes --dates dates.csv --out history.csv
#   awk -f screen.awk history.csv referrals.csv > list.csv
#
# Age is in whole years on the day of the draw. A person without a history stops it.

BEGIN { FS = OFS = "," }

FNR == 1 && NR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}
FNR == NR {
    weeks[$1] = $(column["benefit-before"])
    next
}
FNR == 1 {
    print "id,municipality,sex,age,benefit_weeks"
    next
}
$1 in weeks {
    if (weeks[$1] == "") {
        print "screen.awk: no history of " $1 > "/dev/stderr"
        exit 1
    }
    age = substr($2, 1, 4) - substr($5, 1, 4) - (substr($2, 6) < substr($5, 6))
    print $1, $3, $4, age, weeks[$1]
}
