version 14.1
clear all
set more off
set varabbrev off
args path
* From the report's folder, or from the study's.
if `"`path'"' == "" {
    local path "../derived/analysis.csv"
    capture confirm file `"`path'"'
    if _rc local path "derived/analysis.csv"
}
confirm file `"`path'"'

* Largest relative difference that passes.
scalar tolerance_ = 1e-6
scalar n_ok = 0
scalar n_differs = 0
scalar n_open = 0

* Text stays text, so that an id keeps its zeros; an empty cell of a number is missing.
import delimited using `"`path'"', delimiters(",") varnames(1) case(preserve) ///
    encoding("utf-8") bindquotes(strict) stringcols(_all) clear

* --- comparing -----------------------------------------------------------------------------------
* k_* are klero's numbers and t_* are Stata's; a missing one is not compared.

capture program drop row
program define row
    display _newline `"`0'"'
    foreach name in n_arm n_reference estimate std_error df p_value lower upper {
        scalar k_`name' = .
        scalar t_`name' = .
    }
end

* Runs a program of this file. Where Stata stops, its numbers are missing, and that is a difference.
capture program drop attempt
program define attempt
    capture noisily `0'
    if _rc {
        display "  DIFFERS: Stata has no result, error " _rc
        scalar n_differs = n_differs + 1
        foreach name in estimate std_error df p_value lower upper {
            scalar t_`name' = .
        }
    }
end

capture program drop compare_numbers
program define compare_numbers
    * Rounding of the outcome, where all else is 0.
    quietly summarize _y if _on
    scalar least_ = 1e-13 / tolerance_ * max(abs(r(min)), abs(r(max)))
    quietly count if _on & _z == 1
    if missing(t_n_arm) scalar t_n_arm = r(N)
    quietly count if _on & _z == 0
    scalar t_n_reference = r(N)
    display as text %-12s "" " " %20s "klero" " " %20s "Stata" " " %10s "difference"
    foreach name in n_arm n_reference estimate std_error df p_value lower upper {
        if !missing(k_`name') & missing(t_`name') {
            display %-12s "`name'" " " %20.10g k_`name' " " %20s "-" " " %10s "" "  not compared"
            scalar n_open = n_open + 1
        }
        else if !missing(k_`name') {
            scalar size_ = max(abs(k_`name'), abs(t_`name'))
            if inlist("`name'", "estimate", "lower", "upper") & !missing(k_std_error) {
                scalar size_ = max(size_, k_std_error)
            }
            if inlist("`name'", "estimate", "std_error") {
                scalar size_ = max(size_, least_)
            }
            scalar far_ = cond(size_ < 1e-300, 0, abs(k_`name' - t_`name') / size_)
            local verdict = cond(far_ <= tolerance_, "ok", "DIFFERS")
            if "`verdict'" == "ok" scalar n_ok = n_ok + 1
            else scalar n_differs = n_differs + 1
            display %-12s "`name'" " " %20.10g k_`name' " " %20.10g t_`name' " " %10.1e far_ "  `verdict'"
        }
    }
end

* --- who enters ----------------------------------------------------------------------------------
* Two arms with a value: _y, _z = 1 in the arm; _s and _c where the analysis heeds strata, clusters.

capture program drop pick
program define pick
    syntax, Outcome(string) ARM(string) [REFerence(string) STRata CLuster BY(string) IS(string) END(string)]
    foreach v in _on _y _z _s _c _e {
        capture drop `v'
    }
    quietly {
        generate byte _on = (arm == `"`arm'"' | (arm == `"`reference'"' & `"`reference'"' != "")) & !missing(`outcome')
        if "`by'" != "" replace _on = 0 if `by' != `"`is'"'
        generate double _y = `outcome' if _on
        generate byte _z = (arm == `"`arm'"') if _on
        if "`strata'" != "" egen _s = group(stratum) if _on
        else generate byte _s = 1 if _on
        if "`cluster'" != "" egen _c = group(cluster) if _on
        else generate long _c = _n if _on
        if "`end'" != "" generate byte _e = `end' if _on
    }
end

* Leaves the covariates in $X: numbers with the missing filled by the mean, and marked from a tenth
* on; levels, and the strata of the draw, as factor variables.
capture program drop covariates
program define covariates
    syntax [, Numbers(string) Levels(string) STRata]
    global X
    foreach v of local numbers {
        capture drop _x_`v'
        capture drop _m_`v'
        quietly summarize `v' if _on
        local known = r(N)
        quietly generate double _x_`v' = cond(missing(`v'), r(mean), `v') if _on
        quietly count if _on
        if `known' > 0 global X $X c._x_`v'
        if `known' > 0 & `known' < r(N) & 10 * (r(N) - `known') >= r(N) {
            quietly generate byte _m_`v' = missing(`v') if _on
            global X $X c._m_`v'
        }
    }
    foreach v of local levels {
        capture drop _g_`v'
        quietly egen _g_`v' = group(`v') if _on
        global X $X i._g_`v'
    }
    if "`strata'" != "" global X $X i._s
end

* --- intervals -----------------------------------------------------------------------------------

capture program drop by_t
program define by_t
    args level
    scalar half_ = invttail(t_df, (1 - `level') / 2) * t_std_error
    scalar t_p_value = 2 * ttail(t_df, abs(t_estimate / t_std_error))
    scalar t_lower = t_estimate - half_
    scalar t_upper = t_estimate + half_
end
capture program drop by_normal
program define by_normal
    args level range
    scalar half_ = invnormal(0.5 + `level' / 2) * t_std_error
    scalar t_p_value = 2 * normal(-abs(t_estimate / t_std_error))
    scalar t_lower = max(-`range', t_estimate - half_)
    scalar t_upper = min(`range', t_estimate + half_)
end
capture program drop by_log
program define by_log
    args level
    scalar half_ = invnormal(0.5 + `level' / 2) * t_std_error
    scalar t_p_value = 2 * normal(-abs(ln(t_estimate) / t_std_error))
    scalar t_lower = t_estimate * exp(-half_)
    scalar t_upper = t_estimate * exp(half_)
end

* --- means ---------------------------------------------------------------------------------------

* Satterthwaite's degrees of freedom: `unequal' without `welch'.
capture program drop difference_in_means
program define difference_in_means
    args level
    quietly ttest _y if _on, by(_z) unequal
    scalar t_estimate = r(mu_2) - r(mu_1)
    scalar t_std_error = r(se)
    scalar t_df = r(df_t)
    by_t `level'
end

* Persons in strata, or matched pairs; by formula.
capture program drop stratified_difference
program define stratified_difference
    args level
    quietly summarize _s if _on
    local strata = r(max)
    local n = r(N)
    scalar t_estimate = 0
    scalar v_ = 0
    scalar squares_ = 0
    local pairs = `n' == 2 * `strata'
    forvalues s = 1/`strata' {
        quietly summarize _y if _on & _s == `s' & _z == 1
        scalar n1_ = r(N)
        scalar m1_ = r(mean)
        scalar v1_ = cond(r(N) > 1, r(Var) / r(N), 0)
        quietly summarize _y if _on & _s == `s' & _z == 0
        scalar w_ = (n1_ + r(N)) / `n'
        scalar t_estimate = t_estimate + w_ * (m1_ - r(mean))
        scalar v_ = v_ + w_^2 * (v1_ + cond(r(N) > 1, r(Var) / r(N), 0))
        scalar squares_ = squares_ + (m1_ - r(mean))^2
    }
    scalar t_df = `n' - 2 * `strata'
    if `pairs' {
        scalar v_ = (squares_ - `strata' * t_estimate^2) / (`strata' * (`strata' - 1))
        scalar t_df = `strata' - 1
    }
    scalar t_std_error = sqrt(v_)
    by_t `level'
end

* Standard errors in Stata's words; hc2 and cr2 without their degrees of freedom.
capture program drop regression
program define regression
    args se
    if "`se'" == "classical" local vce ols
    if inlist("`se'", "hc0", "hc1") local vce robust
    if inlist("`se'", "hc2", "hc3") local vce `se'
    if inlist("`se'", "cr0", "cr1") local vce cluster _c
    if "`se'" == "cr2" local vce ols
    if "`se'" == "cr2" & c(stata_version) >= 18 {
        version 18: quietly regress _y $RHS if _on, vce(hc2 _c)
    }
    else quietly regress _y $RHS if _on, vce(`vce')
end
capture program drop errors
program define errors
    args se level
    if "`se'" == "hc0" scalar t_std_error = t_std_error * sqrt(e(df_r) / e(N))
    if "`se'" == "cr0" scalar t_std_error = t_std_error / sqrt(e(N_clust) / (e(N_clust) - 1) * (e(N) - 1) / (e(N) - e(rank)))
    if "`se'" == "cr2" & c(stata_version) < 18 scalar t_std_error = .
    if inlist("`se'", "classical", "hc0", "hc1", "hc3", "cr0", "cr1") {
        scalar t_df = e(df_r)
        by_t `level'
    }
end
capture program drop ols
program define ols
    args se level
    global RHS $X _z
    regression `se'
    scalar t_estimate = _b[_z]
    scalar t_std_error = _se[_z]
    errors `se' `level'
end
* The average of the effects over those analysed, covariates held: Lin's estimate.
capture program drop lin
program define lin
    args se level
    global RHS i._z
    foreach x in $X {
        global RHS $RHS `x' i._z#`x'
    }
    regression `se'
    quietly margins if _on, dydx(1._z)
    matrix found_ = r(table)
    scalar t_estimate = found_[1, colsof(found_)]
    scalar t_std_error = found_[2, colsof(found_)]
    errors `se' `level'
end
capture program drop interaction_test
program define interaction_test
    args by se
    capture drop _b_
    quietly egen _b_ = group(`by') if _on
    global RHS $X i._b_ i._z i._z#i._b_
    regression `se'
    if "`se'" != "cr2" {
        quietly testparm i._z#i._b_
        scalar f_ = r(F)
        if "`se'" == "hc0" scalar f_ = f_ * e(N) / e(df_r)
        if "`se'" == "cr0" scalar f_ = f_ * e(N_clust) / (e(N_clust) - 1) * (e(N) - 1) / (e(N) - e(rank))
        scalar t_p_value = Ftail(r(df), r(df_r), f_)
    }
end
capture program drop ratio_of_means
program define ratio_of_means
    args level
    quietly summarize _y if _on & _z == 1
    scalar m1_ = r(mean)
    scalar v1_ = r(Var) / r(N) / r(mean)^2
    scalar df1_ = r(N) - 1
    quietly summarize _y if _on & _z == 0
    scalar v0_ = r(Var) / r(N) / r(mean)^2
    scalar t_estimate = m1_ / r(mean)
    scalar t_std_error = sqrt(v1_ + v0_)
    scalar t_df = (v1_ + v0_)^2 / (v1_^2 / df1_ + v0_^2 / (r(N) - 1))
    scalar half_ = invttail(t_df, 0.5 - `level' / 2) * t_std_error
    scalar t_p_value = 2 * ttail(t_df, abs(ln(t_estimate) / t_std_error))
    scalar t_lower = t_estimate * exp(-half_)
    scalar t_upper = t_estimate * exp(half_)
end
capture program drop change
program define change
    args baseline level
    capture drop _d_
    quietly generate double _d_ = _y - `baseline' if _on
    quietly ttest _d_ == 0 if _on
    scalar t_n_arm = r(N_1)
    scalar t_estimate = r(mu_1)
    scalar t_std_error = r(se)
    scalar t_df = r(df_t)
    by_t `level'
end
* Two-stage least squares; its standard errors where Stata has klero's.
capture program drop late
program define late
    args received se interval level
    local vce unadjusted
    if "`se'" == "hc1" local vce robust
    if "`se'" == "cr1" local vce cluster _c
    quietly ivregress 2sls _y $X (`received' = _z) if _on, small vce(`vce')
    scalar t_estimate = _b[`received']
    if inlist("`se'", "classical", "hc1", "cr1") {
        scalar t_std_error = _se[`received']
        scalar t_df = e(df_r)
        if "`interval'" == "t" by_t `level'
    }
end

* --- shares --------------------------------------------------------------------------------------
* Sums over strata with weights n1 n0 / N; a stratum with an empty arm compares nobody.

capture program drop sums
program define sums
    foreach name in w wd w1 w0 score v p q top s1 s0 {
        scalar `name'_ = 0
    }
    quietly summarize _s if _on
    local strata = r(max)
    forvalues s = 1/`strata' {
        quietly summarize _y if _on & _s == `s' & _z == 1
        scalar n1_ = r(N)
        scalar x1_ = cond(r(N) > 0, r(sum), 0)
        quietly summarize _y if _on & _s == `s' & _z == 0
        scalar n0_ = r(N)
        scalar x0_ = cond(r(N) > 0, r(sum), 0)
        if n1_ > 0 & n0_ > 0 {
            scalar n_ = n1_ + n0_
            scalar m_ = x1_ + x0_
            scalar w_ = w_ + n1_ * n0_ / n_
            scalar w1_ = w1_ + x1_ * n0_ / n_
            scalar w0_ = w0_ + x0_ * n1_ / n_
            scalar v_ = v_ + n1_ * n0_ * m_ * (n_ - m_) / (n_^2 * (n_ - 1))
            scalar p_ = p_ + (n1_^2 * x0_ - n0_^2 * x1_ + n1_ * n0_ * (n0_ - n1_) / 2) / n_^2
            scalar q_ = q_ + (x1_ * (n0_ - x0_) + x0_ * (n1_ - x1_)) / (2 * n_)
            scalar top_ = top_ + (n1_ * n0_ * m_ - x1_ * x0_ * n_) / n_^2
        }
    }
end
* The "N - 1" chi-squared, over strata that of Cochran, Mantel and Haenszel.
capture program drop score_test
program define score_test
    scalar t_p_value = chi2tail(1, (w1_ - w0_)^2 / v_)
end
capture program drop risk_difference
program define risk_difference
    args interval level
    sums
    scalar t_estimate = (w1_ - w0_) / w_
    scalar t_std_error = sqrt(t_estimate * p_ + q_) / w_
    if "`interval'" == "wald" by_normal `level' 1
    else score_test
    quietly summarize _s if _on
    if "`interval'" == "newcombe" & r(max) == 1 {
        local percent = 100 * `level'
        quietly cii proportions `=n1_' `=x1_', wilson level(`percent')
        scalar l1_ = r(lb)
        scalar u1_ = r(ub)
        quietly cii proportions `=n0_' `=x0_', wilson level(`percent')
        scalar t_lower = t_estimate - sqrt((x1_ / n1_ - l1_)^2 + (r(ub) - x0_ / n0_)^2)
        scalar t_upper = t_estimate + sqrt((u1_ - x1_ / n1_)^2 + (x0_ / n0_ - r(lb))^2)
    }
end
capture program drop risk_ratio
program define risk_ratio
    args interval level
    sums
    scalar t_estimate = w1_ / w0_
    scalar t_std_error = sqrt(top_ / (w1_ * w0_))
    if "`interval'" == "log" by_log `level'
    else score_test
end
capture program drop odds_ratio
program define odds_ratio
    args level
    sums
    scalar t_estimate = x1_ * (n0_ - x0_) / (x0_ * (n1_ - x1_))
    scalar t_std_error = sqrt(1 / x1_ + 1 / (n1_ - x1_) + 1 / x0_ + 1 / (n0_ - x0_))
    by_log `level'
end
capture program drop fisher_exact
program define fisher_exact
    quietly tabulate _y _z if _on, exact
    scalar t_p_value = r(p_exact)
end
capture program drop share
program define share
    args interval level target
    quietly summarize _y if _on
    scalar n1_ = r(N)
    scalar x1_ = r(sum)
    local percent = 100 * `level'
    local form exact
    if "`interval'" == "wilson" local form wilson
    quietly cii proportions `=n1_' `=x1_', `form' level(`percent')
    scalar t_estimate = x1_ / n1_
    scalar t_std_error = sqrt(t_estimate * (1 - t_estimate) / n1_)
    scalar t_lower = r(lb)
    scalar t_upper = r(ub)
    if "`target'" != "" {
        quietly bitesti `=n1_' `=x1_' `target'
        scalar t_p_value = r(p)
    }
end

* --- times ---------------------------------------------------------------------------------------

* A time of 0 is none to Stata, so all times are one longer, which changes no order.
capture program drop declare_times
program define declare_times
    capture drop _time_
    quietly generate double _time_ = _y + 1 if _on
    quietly stset _time_ if _on, failure(_e == 1)
end

* Share with the event by the horizon, Greenwood's standard error; no strata.
capture program drop kaplan_meier
program define kaplan_meier
    args horizon level
    declare_times
    capture drop _surv_
    capture drop _surv_se_
    quietly sts generate _surv_ = s _surv_se_ = se(s), by(_z)
    forvalues arm = 0/1 {
        scalar s`arm'_ = 1
        scalar e`arm'_ = 0
        quietly summarize _t if _on & _z == `arm' & _t <= `horizon' + 1
        if r(N) > 0 {
            scalar last_ = r(max)
            quietly summarize _surv_ if _on & _z == `arm' & _t == last_
            scalar s`arm'_ = r(min)
            quietly summarize _surv_se_ if _on & _z == `arm' & _t == last_
            scalar e`arm'_ = cond(r(N) > 0, r(max), 0)
        }
    }
    scalar t_estimate = s0_ - s1_
    scalar t_std_error = sqrt(e0_^2 + e1_^2)
    * Zou & Donner 2008, from limits that are normal on the scale of log(-log). With z_ the normal
    * quantile, below_ and above_ say how far the limits reach.
    scalar z_ = invnormal(0.5 + `level' / 2)
    reach
    scalar t_lower = t_estimate - below_
    scalar t_upper = t_estimate + above_
    scalar short_ = 0
    scalar far_ = 40
    forvalues half = 1/60 {
        scalar z_ = (short_ + far_) / 2
        reach
        if cond(t_estimate > 0, below_ >= t_estimate, above_ >= -t_estimate) {
            scalar far_ = z_
        }
        else {
            scalar short_ = z_
        }
    }
    scalar t_p_value = cond(t_estimate == 0, 1, 2 * normal(-far_))
end
capture program drop reach
program define reach
    forvalues arm = 0/1 {
        scalar w_ = z_ * e`arm'_ / abs(s`arm'_ * ln(s`arm'_))
        scalar l`arm'_ = exp(ln(s`arm'_) * exp(w_))
        scalar u`arm'_ = exp(ln(s`arm'_) * exp(-w_))
    }
    scalar below_ = sqrt((s0_ - l0_)^2 + (u1_ - s1_)^2)
    scalar above_ = sqrt((u0_ - s0_)^2 + (s1_ - l1_)^2)
end
capture program drop log_rank
program define log_rank
    declare_times
    quietly summarize _s if _on
    local strata = cond(r(max) > 1, "strata(_s)", "")
    quietly sts test _z, logrank `strata'
    scalar t_p_value = chi2tail(1, r(chi2))
end
* Efron's ties and Lin and Wei's robust variance; `noadjust' leaves out Stata's N / (N - 1).
capture program drop cox
program define cox
    args level cluster
    declare_times
    local vce robust
    if "`cluster'" != "" local vce cluster _c
    quietly summarize _s if _on
    local strata = cond(r(max) > 1, "strata(_s)", "")
    quietly stcox _z $X, efron `strata' vce(`vce') noadjust
    scalar t_estimate = exp(_b[_z])
    scalar t_std_error = _se[_z]
    by_log `level'
end
