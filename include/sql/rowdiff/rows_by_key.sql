(SELECT {values} FROM unnest({texts}) AS t ({names})) AS k JOIN {relation} AS {alias} ON {match}
